package localpg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A server that was killed leaves processes behind that end by themselves a moment later;
// until then Postgres refuses to start, and says so in its log. They get this long.
const leaving = 30 * time.Second

var errInUse = errors.New("processes of a Postgres that was killed still hold its memory: end them")

// waitForOrphan waits until no server runs on dir any more. We hold the folder's
// lock, so one that runs has lost its parent: either the kernel has told it to
// shut down and it is about to, or nobody has, and we do.
func waitForOrphan(ctx context.Context, dir string, log *slog.Logger) error {
	told := false
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		pid, err := runningServer(dataPath(dir))
		if err != nil || pid == 0 {
			return err
		}
		if !told {
			log.WarnContext(ctx, "stopping a Postgres that was left behind", "process", pid, "folder", dir)
			// A second SIGINT to a server that is shutting down is harmless.
			if err := syscall.Kill(pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("stop Postgres (process %d) left behind on %s: %w", pid, dir, err)
			}
			told = true
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for Postgres (process %d) left behind on %s: %w", pid, dir, ctx.Err())
		case <-tick.C:
		}
	}
}

// runningServer returns the process that runs a server on data; 0 if none does.
// Postgres trusts a lock file as soon as any process of its user has that
// number, so after a reboot it would refuse to start for a stranger: a file that
// names no server is removed.
func runningServer(data string) (pid int, err error) {
	path := filepath.Join(data, "postmaster.pid")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	if pid, err = strconv.Atoi(strings.TrimSpace(first)); err == nil && isServer(pid, data) {
		return pid, nil
	}
	// It may have shut down, and removed the file, since we read it.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	return 0, nil
}
