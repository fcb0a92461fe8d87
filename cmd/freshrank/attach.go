package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/config"
	"freshrank/migrations"
)

// attach is for commands that run on: they use what the options name or what a
// running `freshrank up` has. The database answers.
func attach(ctx context.Context, o config.Common, l config.Log, d config.Database) (*services, error) {
	s, err := findServices(o.Data, l, d)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(s.needDatabase(o.Data), s.needLog(o.Data)); err != nil {
		return nil, err
	}
	return s, s.reachDatabase(ctx, o.Wait)
}

// lockedServices are services and, where some were started here, the lock on
// their data folder.
type lockedServices struct {
	*services
	lock *boot.Lock
}

func (s *lockedServices) stop() error {
	err := s.services.stop()
	if s.lock != nil {
		err = errors.Join(err, s.lock.Release())
	}
	return err
}

// attachOrStart is for commands that do one thing and end: they use what the
// options name or what a running `freshrank up` has, and start what is embedded
// in the data folder where none runs. The database answers.
func attachOrStart(ctx context.Context, o config.Common, l config.Log, d config.Database, limits config.Limits, log *slog.Logger) (_ *lockedServices, err error) {
	if d.Database != "" && len(l.Brokers) > 0 || boot.Held(o.Data) {
		s, err := attach(ctx, o, l, d)
		return &lockedServices{services: s}, err
	}
	if boot.Remote(o.Data) {
		return nil, boot.Usagef("data %s: in a bucket there is no log and no database; name them with --brokers and --database", o.Data)
	}
	if err := ours(o.Data); err != nil {
		return nil, err
	}
	s := &lockedServices{services: &services{}}
	if s.lock, err = boot.Acquire(o.Data); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	if s.services, err = startServices(ctx, o.Data, l, d, log); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, o, l, limits); err != nil {
		return nil, err
	}
	return s, nil
}

// attachDatabase is for commands that need nothing but the database: the one that
// the options name, that of a running `freshrank up`, or the one embedded in the
// data folder, which is started. It answers, with the schema up to date where it
// was started here.
func attachDatabase(ctx context.Context, o config.Common, d config.Database, log *slog.Logger) (_ *lockedServices, err error) {
	s := &lockedServices{services: &services{}}
	if d.Database != "" || boot.Remote(o.Data) || boot.Held(o.Data) {
		if s.services, err = findServices(o.Data, config.Log{}, d); err == nil {
			err = s.needDatabase(o.Data)
		}
		if err == nil {
			err = s.reachDatabase(ctx, o.Wait)
		}
		return s, err
	}
	if err := ours(o.Data); err != nil {
		return nil, err
	}
	if s.lock, err = boot.Acquire(o.Data); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.stop())
		}
	}()
	if err := s.startDatabase(ctx, o.Data, log); err != nil {
		return nil, err
	}
	s.defaults()
	if err := s.reachDatabase(ctx, o.Wait); err != nil {
		return nil, err
	}
	_, err = migrations.Up(ctx, s.direct)
	return s, err
}

// ours fails unless the data folder is one of freshrank's.
func ours(data string) error {
	if _, err := os.Stat(filepath.Join(data, "freshrank.json")); err != nil {
		return boot.Usagef("data folder %s: is none of freshrank's (%w); name one with --data", data, err)
	}
	_, err := openData(data)
	return err
}

// prepare waits for the database and brings schema and topics up to date.
func (s *services) prepare(ctx context.Context, o config.Common, l config.Log, limits config.Limits) error {
	if err := s.reachDatabase(ctx, o.Wait); err != nil {
		return err
	}
	if _, err := migrations.Up(ctx, s.direct); err != nil {
		return err
	}
	return s.makeTopics(ctx, o.Wait, l, limits)
}
