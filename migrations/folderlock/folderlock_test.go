package folderlock_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"freshrank/migrations/folderlock"
)

func TestLock(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // given back, it can be taken again
		f, err := folderlock.Lock(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = folderlock.Lock(dir)
		if !errors.Is(err, folderlock.ErrInUse) {
			t.Fatalf("taken twice: %v", err)
		}
		for _, want := range []string{dir, fmt.Sprint(os.Getpid())} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not name %s", err, want)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := folderlock.Lock(filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing folder: %v", err)
	}
}
