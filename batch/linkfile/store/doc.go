// Package store keeps the objects of a data folder: in a folder of the machine
// ([Local]) or in a bucket ([S3]). Names are separated by slashes and relative to the
// root.
//
// # What holds in both
//
// An object appears under its name whole and durable, or not at all; one that is there
// is replaced as a whole or stays. A folder of a generation is begun by [Store.Begin]
// and exists once it is committed: whoever asks for a folder must ask for its
// [Manifest], which is the last of its objects to appear and the first to vanish. What a
// crash leaves behind is invisible by that rule, and [Store.Tidy] or the caller removes
// it.
//
// # Where they differ
//
// A local folder is filled under a hidden name, synced and renamed, so that an older one
// stands until the very end. A bucket knows no rename: an older folder of that name
// vanishes when the new one is begun, and whoever reads it meanwhile finds it missing or
// damaged. Generations are replaced only after a run that was given up, before anyone was
// told of them.
//
// One process at a time writes; any number read. Who is to write claims the store, and
// whatever an earlier one still has under way, because it was paused or cut off, fails
// with [ErrClaimed]. On a machine that is certain. In a bucket, which has no lock, a
// request that was sent before the claim may arrive after it.
//
// Requests to a bucket that fail for a
// passing reason are repeated, a limited number of times and with growing pauses.
package store

import (
	"context"
	"io"
)

// Manifest is the object that makes a folder exist.
const Manifest = "manifest.json"

// Store is where objects are. Its methods are safe for concurrent use. An object or
// folder that is not there is an error that wraps fs.ErrNotExist, except to List, Remove
// and Tidy, which find nothing to do.
type Store interface {
	// Open opens an object for reading.
	Open(ctx context.Context, name string) (Object, error)

	// List returns the names of what is directly in a folder, objects and folders,
	// ascending; unfinished ones are not among them.
	List(ctx context.Context, folder string) ([]string, error)

	// Create begins an object, and the folders that it is in. One of that name is
	// replaced.
	Create(ctx context.Context, name string) (Writer, error)

	// Begin begins a folder, of which Commit makes an end. One of that name is replaced.
	Begin(ctx context.Context, folder string) (Folder, error)

	// Remove removes an object, or a folder with all in it, durably.
	Remove(ctx context.Context, name string) error

	// Tidy removes what was begun directly in a folder and never finished. Nobody may be
	// writing there.
	Tidy(ctx context.Context, folder string) error

	// Claim makes the caller the one who writes, in place of whoever claimed the store
	// before. Who never claims it is not kept from writing.
	Claim(ctx context.Context) error

	// Path returns a name as users know it.
	Path(name string) string
}

// Object is an object open for reading. ReadAt may be called concurrently.
type Object interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Writer is an object being written. Commit makes it durable, and visible unless it is
// in a folder that is itself not committed; Abort gives it up. One of them must be
// called, and no method after that but Abort, which then does nothing.
type Writer interface {
	io.Writer
	Commit() error
	Abort()
}

// Folder is a folder being written. Commit writes the manifest and makes the folder
// exist, once every object of it is committed; Abort gives it up and removes what it
// can. One of them must be called; after Commit, Abort does nothing.
type Folder interface {
	Create(ctx context.Context, name string) (Writer, error)
	Commit(ctx context.Context, manifest []byte) error
	Abort()
}

// Read returns the content of a small object.
func Read(ctx context.Context, s Store, name string) ([]byte, error) {
	o, err := s.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	defer o.Close()
	b := make([]byte, o.Size())
	if _, err := io.ReadFull(io.NewSectionReader(o, 0, o.Size()), b); err != nil {
		return nil, err
	}
	return b, nil
}

// Write makes data the content of an object.
func Write(ctx context.Context, s Store, name string, data []byte) error {
	w, err := s.Create(ctx, name)
	if err != nil {
		return err
	}
	return finish(w, data)
}

func finish(w Writer, data []byte) error {
	defer w.Abort()
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Commit()
}
