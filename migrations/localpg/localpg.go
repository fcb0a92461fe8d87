package localpg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"freshrank/migrations/folderlock"
)

// ErrInUse is returned for a folder on which a server runs already.
var ErrInUse = folderlock.ErrInUse

// Superuser owns the database; its name stands for "no role" in [DSN].
const Superuser = "postgres"

// Database is created at the first start.
const Database = "freshrank"

// Options of a [Server]. The zero value is for production.
type Options struct {
	Logger *slog.Logger // nil discards
	NoSync bool         // do not wait for the disk: fast, but a power failure corrupts. For tests
	// SharedBuffers is how much of the tables Postgres keeps in memory, in bytes; 0:
	// 512 MiB. What does not fit is copied from the system's cache at each look.
	SharedBuffers int64

	// Settings, as name=value, win over those that the server has otherwise. For tests.
	Settings []string
}

// Server is a running Postgres.
type Server struct {
	dir    string
	lock   *os.File
	cmd    *exec.Cmd
	exited chan struct{} // closed once cmd is gone
	err    error         // why; to be read after exited
	stop   sync.Once     // from then on the folder may be another server's
}

// Start runs a Postgres on the folder dir, which is created if missing, and
// returns when it answers. The folder is refused while another process runs a
// server on it.
func Start(ctx context.Context, dir string, opts Options) (*Server, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := start(ctx, dir, opts)
	if err != nil {
		return nil, fmt.Errorf("start private Postgres: %w", err)
	}
	return s, nil
}

func start(ctx context.Context, dir string, opts Options) (_ *Server, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if dir, err = resolve(dir); err != nil {
		return nil, err
	}
	s := &Server{dir: dir}
	if s.lock, err = folderlock.Lock(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.lock.Close()
		}
	}()
	binaries, err := findBinaries(dir, opts.Logger)
	if err != nil {
		return nil, err
	}
	who, err := whoRuns(dir)
	if err != nil {
		return nil, err
	}
	if err := waitForOrphan(ctx, dir, opts.Logger); err != nil {
		return nil, err
	}
	if err := prepare(ctx, dir, binaries, who, opts); err != nil {
		return nil, err
	}
	for began := time.Now(); ; {
		if err := s.launch(binaries, who, opts); err != nil {
			return nil, err
		}
		err := s.ready(ctx)
		if err == nil {
			return s, nil
		}
		if errors.Is(err, errInUse) && time.Since(began) < leaving && ctx.Err() == nil {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return nil, errors.Join(err, s.Stop(late))
	}
}

// DSN returns a connection string for role, or for the superuser if role is
// empty, and db, or [Database] if db is empty.
func (s *Server) DSN(role, db string) string { return dsn(s.dir, role, db) }

// DSN returns what [Server.DSN] returns for a server that some process runs, or
// does not run, on the folder dir.
func DSN(dir, role, db string) (string, error) {
	dir, err := resolve(dir)
	if err != nil {
		return "", fmt.Errorf("find private Postgres: %w", err)
	}
	return dsn(dir, role, db), nil
}

// Exited is closed when the server is gone, whoever ended it.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Stop shuts the server down: transactions in progress are rolled back, the
// database is left clean. If ctx ends first, the server is stopped without
// leaving it clean; what was committed stays in either case. A second call does
// nothing.
func (s *Server) Stop(ctx context.Context) (err error) {
	s.stop.Do(func() { err = s.end(ctx) })
	return err
}

func (s *Server) end(ctx context.Context) error {
	defer s.lock.Close()
	defer os.RemoveAll(socketPath(s.dir))
	select {
	case <-s.exited:
		return nil
	default:
	}
	if err := s.signal(syscall.SIGINT); err != nil {
		return err
	}
	select {
	case <-s.exited:
		return nil
	case <-ctx.Done():
	}
	err := s.signal(syscall.SIGQUIT)
	if err == nil {
		<-s.exited
	}
	return errors.Join(fmt.Errorf("stop private Postgres: %w", ctx.Err()), err)
}

func (s *Server) signal(sig syscall.Signal) error {
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop private Postgres (process %d): %w", s.cmd.Process.Pid, err)
	}
	return nil
}
