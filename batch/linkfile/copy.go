package linkfile

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"

	"freshrank/batch/linkfile/store"
)

// copyGraph copies the files of a graph, checked, and names them in m.
func (d *Dir) copyGraph(ctx context.Context, from string, base GraphManifest, to store.Folder, m *GraphManifest) error {
	for _, f := range base.Files {
		if err := d.copyFile(ctx, from, f, to); err != nil {
			return err
		}
		m.add(f)
	}
	return nil
}

func (d *Dir) copyFile(ctx context.Context, from string, f File, to store.Folder) error {
	r, err := d.openFile(ctx, from, f, fixGraph)
	if err != nil {
		return err
	}
	err = r.copy(ctx, to)
	return errors.Join(err, r.close())
}

// copy copies the file into a folder.
func (r *reader) copy(ctx context.Context, to store.Folder) error {
	w, err := to.Create(ctx, r.want.Name)
	if err != nil {
		return err
	}
	defer w.Abort()
	sum := sha256.New()
	if _, err := io.CopyBuffer(io.MultiWriter(w, sum), io.NewSectionReader(r.in, 0, r.want.Bytes), make([]byte, copyBytes)); err != nil {
		return err
	}
	if hexSum(sum) != r.want.SHA256 {
		return r.corrupt("its SHA-256 is not the one in the manifest")
	}
	return errors.Join(ctx.Err(), w.Commit())
}

// copyBytes is how much is read at a time.
const copyBytes = 4 << 20
