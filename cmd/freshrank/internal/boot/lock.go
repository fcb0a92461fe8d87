package boot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Lock is held on a data folder by the one process that may change it beside
// the layers themselves. The kernel drops it when the process ends, however.
type Lock struct{ f *os.File }

const lockName = "freshrank.lock"

// Remote reports whether a data folder is in a bucket, which nobody can lock.
func Remote(dir string) bool { return strings.HasPrefix(dir, "s3://") }

// Acquire locks the folder, which must exist. If another process has it, the
// error says which and carries [ExitLocked]. Of one in a bucket the lock holds nothing.
func Acquire(dir string) (*Lock, error) {
	if Remote(dir) {
		return &Lock{}, nil
	}
	name := filepath.Join(dir, lockName)
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		defer f.Close()
		abs, _ := filepath.Abs(dir)
		return nil, Locked(fmt.Errorf("data folder %s is in use by process %s; stop it, or name another folder with --data", abs, holder(name)))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", name, err), f.Close())
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, fmt.Sprintf("%d\n", os.Getpid()))); err != nil {
		return nil, errors.Join(fmt.Errorf("write lock file: %w", err), f.Close())
	}
	return &Lock{f: f}, nil
}

// Held reports whether a process has the folder locked now.
func Held(dir string) bool {
	f, err := os.Open(filepath.Join(dir, lockName))
	if err != nil {
		return false
	}
	defer f.Close()
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	return errors.Is(err, syscall.EWOULDBLOCK)
}

// Release gives the folder up. The file stays: removing it would race with the
// next one who locks it.
func (l *Lock) Release() error {
	if l.f == nil {
		return nil
	}
	return l.f.Close()
}

func writeAt(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}

func holder(name string) string {
	b, err := os.ReadFile(name)
	pid, convErr := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || convErr != nil {
		return "(unknown)"
	}
	return strconv.Itoa(pid)
}
