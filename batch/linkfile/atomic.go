package linkfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
)

// readDir lists a folder; one that is not there is empty.
func readDir(path string) ([]os.DirEntry, error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

// writeFile replaces a file as a whole: whoever reads, even after a crash, sees
// the old bytes or the new ones. On return the new ones are durable.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), tempPrefix+"*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once renamed
	_, err = f.Write(data)
	if err := errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a folder durable.
func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// writeFolder makes the folder path as a whole: fill writes files into a hidden
// folder beside it, which is then synced and renamed. An older folder of the same
// name, of a run that was given up, is replaced.
func writeFolder(path string, fill func(folder string) error) (err error) {
	parent := filepath.Dir(path)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(parent, tempPrefix+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) // nothing there once renamed
	if err := errors.Join(os.Chmod(temp, 0o755), fill(temp), syncDir(temp)); err != nil {
		return err
	}
	if err := discard(path); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return errors.Join(syncDir(parent), syncDir(filepath.Dir(parent))) // parent itself may be new
}

// discard removes a folder; it is gone at once, its files a little later.
func discard(path string) error {
	parent := filepath.Dir(path)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	old, err := os.MkdirTemp(parent, tempPrefix+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	if err := os.Rename(path, filepath.Join(old, "old")); err != nil {
		return errors.Join(err, os.Remove(old))
	}
	return errors.Join(syncDir(parent), os.RemoveAll(old))
}

// sink is a new file that counts and hashes what is written to it. The first
// error sticks: the Parquet writer loses some.
type sink struct {
	f     *os.File
	sum   hash.Hash
	bytes int64
	err   error
}

func newSink(path string) (*sink, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, err
	}
	return &sink{f: f, sum: sha256.New()}, nil
}

func (s *sink) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.f.Write(p)
	s.sum.Write(p[:n])
	s.bytes += int64(n)
	s.err = err
	return n, err
}

// close makes the file durable and describes it.
func (s *sink) close(rows int64) (File, error) {
	err := errors.Join(s.err, s.f.Sync(), s.f.Close())
	if err != nil {
		return File{}, fmt.Errorf("write %s: %w", s.f.Name(), err)
	}
	return File{Name: filepath.Base(s.f.Name()), Rows: rows, Bytes: s.bytes, SHA256: hex.EncodeToString(s.sum.Sum(nil))}, nil
}
