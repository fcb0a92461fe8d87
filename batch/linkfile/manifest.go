package linkfile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"freshrank/batch/linkfile/store"
)

// File is what a manifest says of one Parquet file beside it.
type File struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"` // of the whole file, hexadecimal

	// Parts are what the file is made of, from its first byte to its last: each row
	// group, the first with the four bytes before it, and the footer. So each can be
	// checked, and then decoded, by itself. Files of older programs have none.
	Parts []Part `json:"parts,omitempty"`
}

// Part is a stretch of a file.
type Part struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// envelope is the outer object of manifest.json.
type envelope struct {
	Format   int             `json:"format"`
	SHA256   string          `json:"sha256"`
	Manifest json.RawMessage `json:"manifest"`
}

// encodeManifest returns m as manifest.json has it.
func encodeManifest(m any) ([]byte, error) {
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	sum := sha256.Sum256(body)
	// Put together by hand: the checksum is of these bytes, and an encoder
	// would indent them anew.
	return fmt.Appendf(nil, "{\"format\": %d, \"sha256\": %q, \"manifest\": %s}\n", Format, hex.EncodeToString(sum[:]), body), nil
}

// readManifest reads the manifest of a folder into m. No manifest is an error
// that wraps fs.ErrNotExist.
func (d *Dir) readManifest(ctx context.Context, folder, fix string, m any) error {
	name := path.Join(folder, store.Manifest)
	file := d.store.Path(name)
	raw, err := store.Read(ctx, d.store, name)
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

// writeFolder makes a folder of files and the manifest that fill returns.
func (d *Dir) writeFolder(ctx context.Context, name string, fill func(store.Folder) (manifest any, err error)) error {
	folder, err := d.store.Begin(ctx, name)
	if err != nil {
		return err
	}
	defer folder.Abort()
	m, err := fill(folder)
	if err != nil {
		return err
	}
	raw, err := encodeManifest(m)
	if err != nil {
		return err
	}
	return folder.Commit(ctx, raw)
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
