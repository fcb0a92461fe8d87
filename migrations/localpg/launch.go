package localpg

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// launch starts the server's process. The kernel delivers the parent-death
// signal when the *thread* that forked ends, so one thread does nothing else
// until the server is gone.
func (s *Server) launch(binaries string, who identity, opts Options) error {
	log, err := openLog(s.dir)
	if err != nil {
		return err
	}
	s.cmd = command(who, filepath.Join(binaries, "postgres"), serverArgs(s.dir, opts)...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.exited = make(chan struct{})
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer log.Close()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			s.err = s.cmd.Wait()
			close(s.exited)
		}
	}()
	return <-started
}

// ready waits until the server answers, and makes the database.
func (s *Server) ready(ctx context.Context) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.DSN("", "postgres"))
		if err == nil {
			return errors.Join(createDatabase(ctx, conn), conn.Close(ctx))
		}
		select {
		case <-s.exited:
			says := logTail(s.dir)
			err := fmt.Errorf("postgres ended (%w); the end of %s says:\n%s", s.err, logPath(s.dir), says)
			if strings.Contains(says, "pre-existing shared memory block") {
				err = errors.Join(err, errInUse)
			}
			return err
		case <-ctx.Done():
			return fmt.Errorf("wait for postgres: %w (last attempt: %w)", ctx.Err(), err)
		case <-tick.C:
		}
	}
}

func createDatabase(ctx context.Context, conn *pgx.Conn) error {
	var exists bool
	err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", Database).Scan(&exists)
	if err == nil && !exists {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{Database}.Sanitize())
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", Database, err)
	}
	return nil
}
