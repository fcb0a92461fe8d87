package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// ErrClaimed is returned for what would change a store that another process has claimed
// since.
var ErrClaimed = errors.New("another process writes here now")

// claimName is the object that says who writes: a number that nobody else has, and a
// process.
const claimName = "freshrank.writer"

// newClaim returns the content for one more claim.
func newClaim() string {
	host, _ := os.Hostname() // for people alone
	return fmt.Sprintf("%s process %d on %s\n", rand.Text(), os.Getpid(), host)
}

// claimed returns the error for a claim that is not ours any more.
func claimed(path, content string) error {
	_, who, _ := strings.Cut(strings.TrimSpace(content), " ")
	return fmt.Errorf("%w: %s, says %s", ErrClaimed, who, path)
}

// claimWait is how long a process may hold the claim for one change.
const claimWait = 20 * time.Second

// Claim implements [Store]. The claim is locked while it is written, and by others for
// each change: so one that was paused has either made its change before, or finds that
// the claim is not its own any more.
func (l *Local) Claim(ctx context.Context) error {
	if err := os.MkdirAll(l.root, 0o755); err != nil {
		return err
	}
	f, err := l.lockClaim(ctx)
	if err != nil {
		return err
	}
	mine := newClaim()
	_, err = f.WriteAt([]byte(mine), 0) // over the last one: a full disk has room for that
	if err == nil {
		err = f.Truncate(int64(len(mine)))
	}
	if err == nil {
		l.mine.Store(&mine)
	}
	return errors.Join(err, f.Close())
}

// change does what others can see, if nobody else has claimed the folder.
func (l *Local) change(do func() error) error {
	mine := l.mine.Load()
	if mine == nil {
		return do() // nothing was claimed: an import, or a file by itself
	}
	f, err := l.lockClaim(context.Background())
	if err != nil {
		return err
	}
	defer f.Close()
	now, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	if string(now) != *mine {
		return claimed(f.Name(), string(now))
	}
	return do()
}

// lockClaim opens the claim and locks it, until it is closed. Who holds it does so for
// moments.
func (l *Local) lockClaim(ctx context.Context) (*os.File, error) {
	f, err := os.OpenFile(l.Path(claimName), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for begun := time.Now(); ; {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", f.Name(), err), f.Close())
		}
		if time.Since(begun) > claimWait {
			content, _ := io.ReadAll(f)
			return nil, errors.Join(fmt.Errorf("%w, and does not go on: end it; it is the one that %s names", claimed(f.Name(), string(content)), f.Name()), f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.Close())
		case <-tick.C:
		}
	}
}

// Claim implements [Store].
func (s *S3) Claim(ctx context.Context) error {
	mine := newClaim()
	s.mine.Store(nil)
	if err := Write(ctx, s, claimName, []byte(mine)); err != nil {
		return err
	}
	s.mine.Store(&mine)
	return nil
}

// unclaimed looks whether somebody else has claimed the prefix. There is no lock: what is
// sent right after may still arrive after the other has begun.
func (s *S3) unclaimed(ctx context.Context) error {
	mine := s.mine.Load()
	if mine == nil {
		return nil
	}
	now, err := Read(ctx, s, claimName)
	if err == nil && string(now) != *mine {
		err = claimed(s.Path(claimName), string(now))
	}
	return err
}
