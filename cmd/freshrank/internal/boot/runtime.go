package boot

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Runtime tells other commands on the same data folder where the parts are that
// a running `freshrank up` uses. It is worth something only while the folder is
// locked.
type Runtime struct {
	API      string   `json:"api"` // URL
	Brokers  []string `json:"brokers"`
	Database string   `json:"database,omitempty"` // DSN of an embedded one; no other is written down
}

const runtimeName = "freshrank.run.json"

// Write leaves r in the folder, readable by the owner only, whole or not at all.
func (r Runtime) Write(dir string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode runtime file: %w", err)
	}
	name := filepath.Join(dir, runtimeName)
	if err := os.WriteFile(name+".tmp", append(b, '\n'), 0o600); err != nil {
		return fmt.Errorf("write runtime file: %w", err)
	}
	if err := os.Rename(name+".tmp", name); err != nil {
		return fmt.Errorf("write runtime file: %w", err)
	}
	return nil
}

// ReadRuntime returns what the `freshrank up` that runs on the folder wrote;
// false if none runs.
func ReadRuntime(dir string) (Runtime, bool, error) {
	if !Held(dir) {
		return Runtime{}, false, nil
	}
	b, err := os.ReadFile(filepath.Join(dir, runtimeName))
	if errors.Is(err, fs.ErrNotExist) {
		return Runtime{}, false, nil
	}
	if err != nil {
		return Runtime{}, false, fmt.Errorf("read runtime file: %w", err)
	}
	var r Runtime
	if err := json.Unmarshal(b, &r); err != nil {
		return Runtime{}, false, fmt.Errorf("decode runtime file: %w", err)
	}
	return r, true, nil
}

// RemoveRuntime removes the file; that it is gone already is no error.
func RemoveRuntime(dir string) error {
	if err := os.Remove(filepath.Join(dir, runtimeName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove runtime file: %w", err)
	}
	return nil
}
