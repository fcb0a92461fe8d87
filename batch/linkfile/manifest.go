package linkfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// File is what a manifest says of one Parquet file beside it.
type File struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // of the whole file, hexadecimal
}

// envelope is the outer object of manifest.json.
type envelope struct {
	Format   int             `json:"format"`
	SHA256   string          `json:"sha256"`
	Manifest json.RawMessage `json:"manifest"`
}

// writeManifest makes the manifest of a folder durable; from then on what it
// names exists.
func writeManifest(folder string, m any) error {
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	sum := sha256.Sum256(body)
	// Put together by hand: the checksum is of these bytes, and an encoder
	// would indent them anew.
	raw := fmt.Appendf(nil, "{\"format\": %d, \"sha256\": %q, \"manifest\": %s}\n", Format, hex.EncodeToString(sum[:]), body)
	if err := writeFile(filepath.Join(folder, manifestName), raw); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	return nil
}

// readManifest reads the manifest of a folder into m. No manifest is an error
// that wraps fs.ErrNotExist.
func readManifest(folder, fix string, m any) error {
	file := filepath.Join(folder, manifestName)
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return &CorruptError{file, "not a manifest: " + err.Error(), fix}
	}
	if e.Format > Format {
		return &VersionError{file, "format", e.Format, Format}
	}
	sum := sha256.Sum256(e.Manifest)
	if e.Format != Format || !strings.EqualFold(hex.EncodeToString(sum[:]), e.SHA256) {
		return &CorruptError{file, "its checksum does not fit its content", fix}
	}
	if err := json.Unmarshal(e.Manifest, m); err != nil {
		return &CorruptError{file, "not the manifest that belongs here: " + err.Error(), fix}
	}
	return nil
}

// find returns the entry for a file, by name.
func find(files []File, name string) File {
	for _, f := range files {
		if f.Name == name {
			return f
		}
	}
	return File{Name: name}
}

// openVerified opens a file and checks length and checksum against its manifest.
func openVerified(folder string, want File, fix string) (*os.File, error) {
	path := filepath.Join(folder, want.Name)
	corrupt := func(format string, args ...any) error {
		return &CorruptError{path, fmt.Sprintf(format, args...), fix}
	}
	if want.SHA256 == "" {
		return nil, corrupt("the manifest does not name it")
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, corrupt("missing, although the manifest names it")
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	switch {
	case err != nil:
	case n != want.Bytes:
		err = corrupt("%d bytes, the manifest says %d", n, want.Bytes)
	case !bytes.Equal(sum.Sum(nil), unhex(want.SHA256)):
		err = corrupt("its SHA-256 is not the one in the manifest")
	default:
		return f, nil
	}
	return nil, errors.Join(err, f.Close())
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil
	}
	return b
}
