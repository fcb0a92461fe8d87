package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"freshrank/cmd/freshrank/internal/config"
	"freshrank/migrations"
)

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" help:"Apply what is missing and, where brokers are known, make the topics."`
	Status migrateStatusCmd `cmd:"" help:"List the migrations and when each was applied."`
}

func (migrateCmd) Help() string {
	return "The DSN must log in as the owner of the schema. `freshrank up` does this by itself.\n\nExample:\n\n    freshrank migrate up --database postgres://owner@db/freshrank --brokers kafka:9092"
}

// MigrateFlags are those of both.
type MigrateFlags struct {
	config.Common   `embed:"" group:"Common options:"`
	config.Database `embed:"" group:"Database options:"`
	config.Log      `embed:"" group:"Log options:"`
	config.Limits   `embed:"" group:"Event limits:"`
}

func (m *MigrateFlags) reach(ctx context.Context) (*services, error) {
	s, err := findServices(m.Data, m.Log, m.Database)
	if err == nil {
		err = s.needDatabase(m.Data)
	}
	if err == nil {
		err = s.reachDatabase(ctx, m.Wait)
	}
	return s, err
}

type migrateUpCmd struct {
	MigrateFlags `embed:""`
}

func (migrateUpCmd) Help() string {
	return "Example:\n\n    freshrank migrate up --database postgres://owner@db/freshrank --brokers kafka:9092 --partitions 8"
}

func (m *migrateUpCmd) Run(ctx context.Context, c *call) error {
	s, err := m.reach(ctx)
	if err != nil {
		return err
	}
	applied, err := migrations.Up(ctx, s.direct)
	list(c.stdout, applied)
	if err != nil {
		return err
	}
	if len(applied) == 0 {
		fmt.Fprintln(c.stdout, "schema is up to date")
	}
	if len(s.brokers) == 0 {
		return nil
	}
	if err := s.makeTopics(ctx, m.Wait, m.Log, m.Limits); err != nil {
		return err
	}
	fmt.Fprintf(c.stdout, "topics %s and %s exist\n", m.Topic, m.DeadLetters())
	return nil
}

type migrateStatusCmd struct {
	MigrateFlags `embed:""`
}

func (migrateStatusCmd) Help() string {
	return "Example:\n\n    freshrank migrate status --database postgres://owner@db/freshrank"
}

func (m *migrateStatusCmd) Run(ctx context.Context, c *call) error {
	s, err := m.reach(ctx)
	if err != nil {
		return err
	}
	all, err := migrations.Status(ctx, s.direct)
	list(c.stdout, all)
	return err
}

func list(w io.Writer, all []migrations.Migration) {
	for _, m := range all {
		applied := "not applied"
		if !m.AppliedAt.IsZero() {
			applied = "applied " + m.AppliedAt.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%4d  %-30s  %s\n", m.Version, m.Name, applied)
	}
}
