package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// tempPrefix begins the names of what is not finished.
const tempPrefix = ".tmp-"

// Local is a Store in a folder of this machine, or of one that is mounted.
type Local struct {
	root    string
	durable sync.Map               // folders whose names are known to be, and those of what they are in
	mine    atomic.Pointer[string] // our claim; nil: none
}

var _ Store = (*Local)(nil)

// NewLocal returns the Store in a folder, which the first object makes if need be.
func NewLocal(root string) *Local { return &Local{root: filepath.Clean(root)} }

// Path implements [Store].
func (l *Local) Path(name string) string { return filepath.Join(l.root, filepath.FromSlash(name)) }

// Open implements [Store].
func (l *Local) Open(_ context.Context, name string) (Object, error) {
	f, err := os.Open(l.Path(name))
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = &fs.PathError{Op: "open", Path: f.Name(), Err: fs.ErrNotExist}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return localObject{f, info.Size()}, nil
}

type localObject struct {
	*os.File
	size int64
}

func (o localObject) Size() int64 { return o.size }

// List implements [Store].
func (l *Local) List(_ context.Context, folder string) ([]string, error) {
	var names []string
	err := l.each(folder, func(name string) error {
		if !strings.HasPrefix(name, tempPrefix) {
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

func (l *Local) each(folder string, fn func(name string) error) error {
	entries, err := os.ReadDir(l.Path(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if err == nil {
			err = fn(e.Name())
		}
	}
	return err
}

// Tidy implements [Store].
func (l *Local) Tidy(_ context.Context, folder string) error {
	return l.change(func() error {
		return l.each(folder, func(name string) error {
			if strings.HasPrefix(name, tempPrefix) {
				return os.RemoveAll(filepath.Join(l.Path(folder), name))
			}
			return nil
		})
	})
}

// Create implements [Store]: whoever reads, even after a crash, sees the old bytes or the
// new ones.
func (l *Local) Create(_ context.Context, name string) (Writer, error) {
	path := l.Path(name)
	folder := filepath.Dir(path)
	if err := l.makeFolder(folder); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(folder, tempPrefix+"*")
	if err != nil {
		return nil, withFix(err)
	}
	return &localWriter{File: f, in: l, path: path}, nil
}

// makeFolder makes a folder below the root, and what it is in, and their names durable.
// One that is there may be of a process that crashed before it had done the latter.
func (l *Local) makeFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return withFix(err)
	}
	if _, ok := l.durable.Load(folder); ok {
		return nil
	}
	for at := folder; at != l.root; at = filepath.Dir(at) {
		if err := syncFolder(filepath.Dir(at)); err != nil {
			return err
		}
	}
	l.durable.Store(folder, true)
	return nil
}

// localWriter writes a file that has a name of its own until it is whole; path is empty
// if its folder has.
type localWriter struct {
	*os.File
	in   *Local
	path string
	done bool
}

func (w *localWriter) Write(p []byte) (int, error) {
	n, err := w.File.Write(p)
	return n, withFix(err)
}

func (w *localWriter) Commit() error {
	w.done = true
	if err := errors.Join(w.Chmod(0o644), w.Sync(), w.Close()); err != nil {
		return errors.Join(withFix(err), os.Remove(w.Name()))
	}
	if w.path == "" {
		return nil
	}
	if err := w.in.change(func() error { return os.Rename(w.Name(), w.path) }); err != nil {
		return errors.Join(err, os.Remove(w.Name()))
	}
	return syncFolder(filepath.Dir(w.path))
}

func (w *localWriter) Abort() {
	if !w.done {
		w.done = true
		w.Close()
		os.Remove(w.Name())
	}
}

// withFix says what to do about a disk that is full, to an error that names the path.
func withFix(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: make room there, or move the data folder to a larger disk", err)
	}
	return err
}

// Begin implements [Store]: the folder is filled under a hidden name, synced and renamed.
func (l *Local) Begin(_ context.Context, folder string) (Folder, error) {
	path := l.Path(folder)
	parent := filepath.Dir(path)
	if err := l.makeFolder(parent); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp(parent, tempPrefix+filepath.Base(path)+"-*")
	if err != nil {
		return nil, withFix(err)
	}
	return &localFolder{in: l, temp: temp, path: path}, os.Chmod(temp, 0o755)
}

type localFolder struct {
	in         *Local
	temp, path string
}

func (f *localFolder) Create(_ context.Context, name string) (Writer, error) {
	file, err := os.OpenFile(filepath.Join(f.temp, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	return &localWriter{File: file}, nil
}

func (f *localFolder) Commit(ctx context.Context, manifest []byte) error {
	w, err := f.Create(ctx, Manifest)
	if err != nil {
		return err
	}
	if err := errors.Join(finish(w, manifest), syncFolder(f.temp)); err != nil {
		return err
	}
	return f.in.change(func() error {
		if err := discard(f.path); err != nil {
			return err
		}
		if err := os.Rename(f.temp, f.path); err != nil {
			return err
		}
		return syncFolder(filepath.Dir(f.path))
	})
}

// Abort does nothing after Commit: the hidden name is gone.
func (f *localFolder) Abort() { os.RemoveAll(f.temp) }

// Remove implements [Store].
func (l *Local) Remove(_ context.Context, name string) error {
	return l.change(func() error { return discard(l.Path(name)) })
}

// discard removes a file or folder; it is gone at once, its files a little later.
func discard(path string) error {
	parent := filepath.Dir(path)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	// No new folder around it: a disk that is full has no room for one.
	old := filepath.Join(parent, tempPrefix+filepath.Base(path)+"-"+rand.Text())
	if err := os.Rename(path, old); err != nil {
		return err
	}
	return errors.Join(syncFolder(parent), os.RemoveAll(old))
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
