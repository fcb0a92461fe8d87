package chaos

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallDisk is a file system of a few megabytes, in memory. It is mounted in a namespace
// of its own, which needs no rights on a system that lets users make such; everybody else
// reaches it through /proc.
type smallDisk struct {
	dir string
}

const diskSize = 64 << 20

// newSmallDisk mounts a disk, which goes with the test.
func newSmallDisk(t *testing.T) *smallDisk {
	t.Helper()
	inside := t.TempDir()
	cmd := exec.Command("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
		`mount -t tmpfs -o size=`+fmt.Sprint(diskSize)+` tmpfs "$0" && echo ready && exec cat`, inside)
	dieWithUs(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Skipf("NOT TESTED: a full disk. No unshare (util-linux) here: %v", err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Skipf("NOT TESTED: a full disk. This system lets nobody mount a small one (%q, %v)", line, err)
	}
	t.Logf("a full disk is tested on a tmpfs of %d bytes in a mount namespace", diskSize)
	return &smallDisk{dir: filepath.Join("/proc", fmt.Sprint(cmd.Process.Pid), "root", inside)}
}

func (d *smallDisk) filler() string { return filepath.Join(d.dir, "filler") }

// fill leaves no room at all.
func (d *smallDisk) fill() error {
	f, err := os.Create(d.filler())
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(f, zeros{})
	if !errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("fill %s: %w", d.dir, err)
	}
	return nil
}

// empty makes room again.
func (d *smallDisk) empty(t *testing.T) {
	t.Helper()
	if err := os.Remove(d.filler()); err != nil {
		t.Error(err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// unfinished returns what is there under a hidden name.
func unfinished(t *testing.T, data string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(data, func(path string, e os.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(path), ".tmp-") {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
