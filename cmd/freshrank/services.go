package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/config"
	"freshrank/cmd/freshrank/internal/room"
	"freshrank/migrations/locallog"
	"freshrank/migrations/localpg"
	"freshrank/migrations/topics"
)

// services are the log and the database that a process works with: named by
// options, embedded in this process, or embedded in the `freshrank up` that
// runs on the same data folder.
type services struct {
	brokers     []string
	dsn, direct string // direct: past a pooler

	log *locallog.Log   // nil unless embedded here
	db  *localpg.Server // nil unless embedded here
}

// closing bounds an orderly end of what is embedded.
const closing = 30 * time.Second

// Where embedded parts live in a data folder.
func logFolder(data string) string      { return filepath.Join(data, "embedded", "log") }
func databaseFolder(data string) string { return filepath.Join(data, "embedded", "postgres") }

// startServices starts what the options do not name. The data folder must be
// locked.
func startServices(ctx context.Context, data string, l config.Log, d config.Database, logger *slog.Logger) (s *services, err error) {
	if len(l.Brokers) == 0 && l.Secured() {
		return &services{}, boot.Usagef("kafka-tls, kafka-sasl: the embedded log has neither; name brokers with --brokers")
	}
	s = &services{brokers: l.Brokers, dsn: d.Database, direct: d.DatabaseDirect}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
			s = &services{} // nothing is left to stop
		}
	}()
	if s.dsn == "" {
		if err := s.startDatabase(ctx, data, logger); err != nil {
			return s, err
		}
	}
	if len(s.brokers) == 0 {
		if s.log, err = locallog.Start(logFolder(data), logger); err != nil {
			return s, err
		}
		s.brokers = []string{s.log.Addr()}
	}
	s.defaults()
	return s, nil
}

// startDatabase starts the embedded one.
func (s *services) startDatabase(ctx context.Context, data string, logger *slog.Logger) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute) // it may have to be downloaded, or to recover
	defer cancel()
	// An eighth of the memory: a lookup of a page whose rows are not in there takes
	// twice as long.
	buffers := min(max(room.Memory()/8, 512<<20), 4<<30)
	if s.db, err = localpg.Start(ctx, databaseFolder(data), localpg.Options{Logger: logger, SharedBuffers: buffers}); err != nil {
		return err
	}
	s.dsn, s.direct = s.db.DSN("", ""), ""
	return nil
}

// findServices returns what the options name and, for the rest, what the
// `freshrank up` that runs on the data folder uses.
func findServices(data string, l config.Log, d config.Database) (*services, error) {
	s := &services{brokers: l.Brokers, dsn: d.Database, direct: d.DatabaseDirect}
	running, ok, err := boot.ReadRuntime(data)
	if err != nil {
		return nil, err
	}
	if ok && s.dsn == "" {
		s.dsn = running.Database
	}
	if ok && len(s.brokers) == 0 {
		s.brokers = running.Brokers
	}
	s.defaults()
	return s, nil
}

func (s *services) defaults() {
	if s.direct == "" {
		s.direct = s.dsn
	}
}

// needDatabase and needLog fail a command that cannot do without.
func (s *services) needDatabase(data string) error {
	if s.dsn != "" {
		return nil
	}
	return boot.Usagef("database: none given, and no `freshrank up` with an embedded one runs on %s; name one with --database", data)
}

func (s *services) needLog(data string) error {
	if len(s.brokers) > 0 {
		return nil
	}
	return boot.Usagef("brokers: none given, and no `freshrank up` runs on %s; name them with --brokers", data)
}

// stop ends what was started here.
func (s *services) stop() error {
	var errs []error
	if s.log != nil {
		errs = append(errs, s.log.Stop())
	}
	if s.db != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closing)
		defer cancel()
		errs = append(errs, s.db.Stop(ctx))
	}
	return errors.Join(errs...)
}

// parts watch over what is embedded: without it there is nothing to go on with.
func (s *services) parts() []boot.Part {
	if s.db == nil {
		return nil
	}
	return []boot.Part{{Name: "private Postgres", Run: func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return nil
		case <-s.db.Exited():
			return errors.New("it ended by itself; see postgres.log in the data folder")
		}
	}}}
}

// reachDatabase waits until Postgres answers. A database that a user named and
// that cannot be reached is bad input.
func (s *services) reachDatabase(ctx context.Context, wait time.Duration) error {
	asked := ctx
	ctx, cancel := context.WithTimeout(ctx, max(wait, time.Second))
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.direct)
		if err == nil {
			return conn.Close(ctx)
		}
		if boot.Sleep(ctx, time.Second) != nil {
			if asked.Err() != nil {
				return fmt.Errorf("wait for the database: %w", asked.Err())
			}
			return boot.Usagef("database %s: cannot be reached within %s: %s; start it, or name another with --database",
				config.Redact(s.direct), wait, reason(err))
		}
	}
}

// reason is the last part of pgx's message: the first repeats the DSN.
func reason(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, "\n"); i >= 0 {
		text = text[i+1:]
	}
	return strings.TrimSpace(text)
}

// makeTopics makes the topics that are missing.
func (s *services) makeTopics(ctx context.Context, wait time.Duration, l config.Log, limits config.Limits) error {
	asked := ctx
	ctx, cancel := context.WithTimeout(ctx, max(wait, time.Second))
	defer cancel()
	secure, identity, err := l.Secure()
	if err != nil {
		return err
	}
	o := topics.Options{
		Brokers: s.brokers, TLS: secure, SASL: identity, Partitions: l.Partitions, Replication: l.Replication, MaxMessageBytes: limits.MaxEventBytes + 1<<20,
	}
	for {
		_, err := topics.Ensure(ctx, o, l.Topic, l.DeadLetters())
		if err == nil {
			return nil
		}
		if boot.Sleep(ctx, time.Second) != nil {
			if asked.Err() != nil {
				return fmt.Errorf("wait for the log: %w", asked.Err())
			}
			return boot.Usagef("brokers %s: %w", strings.Join(s.brokers, ","), err)
		}
	}
}

// embedded says which parts are, for people.
func (s *services) embedded() string {
	switch {
	case s.log != nil && s.db != nil:
		return "log and Postgres"
	case s.log != nil:
		return "log"
	case s.db != nil:
		return "Postgres"
	}
	return "nothing"
}

// runtime is what other commands on the data folder may want to know.
func (s *services) runtime(api string) boot.Runtime {
	r := boot.Runtime{API: api, Brokers: s.brokers}
	if s.db != nil {
		r.Database = s.dsn // a socket: no password in it
	}
	return r
}
