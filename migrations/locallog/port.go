package locallog

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lastPort returns the remembered port; 0 if there is none.
func lastPort(dir string) (int, error) {
	path := filepath.Join(dir, "port")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	port, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 16)
	if err != nil {
		return 0, fmt.Errorf("read %s: %q is no port: correct or remove it", path, b)
	}
	return int(port), nil
}

// keepPort remembers the port; a rename, so that no reader sees half a number.
func keepPort(dir, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "port")
	if err := os.WriteFile(path+".new", []byte(port+"\n"), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
