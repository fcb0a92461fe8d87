// Package migrations owns the tables, functions, roles and grants at which the
// layers meet: numbered SQL files, applied in order, each in a transaction of
// its own, never changed once released.
//
// Everything goes into the first schema of the connection's search_path, and so
// does the table that remembers what was applied: two Freshranks, or two tests,
// can share one database. The roles belong to the whole cluster; a
// migration creates those that are missing.
//
// Several processes may call [Up] at once: an advisory lock lets one of them
// work while the others wait. That lock belongs to a session, so the DSN must
// lead to Postgres itself, not to a pooler in transaction mode.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"hash/fnv"
	"path"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed *.sql
var files embed.FS

// historyTable remembers which migrations were applied.
const historyTable = "freshrank_migration"

// The roles that migrations create. Each may do exactly what its layer does.
const (
	RoleBatch   = "freshrank_batch"
	RoleSpeed   = "freshrank_speed"
	RoleServing = "freshrank_serving"
	RoleKeys    = "freshrank_keys" // administration of API keys
)

// Migration is one numbered file.
type Migration struct {
	Version   int64
	Name      string    // such as "001_schema.sql"
	AppliedAt time.Time // UTC; zero if it was not applied yet
}

// Up applies what is missing and returns it, oldest first: nothing if the
// schema is up to date. The DSN's role must own the schema and may need the
// right to create roles.
func Up(ctx context.Context, dsn string) ([]Migration, error) {
	var applied []Migration
	err := withProvider(ctx, dsn, func(p *goose.Provider) error {
		results, err := p.Up(ctx)
		for _, r := range results {
			applied = append(applied, Migration{
				Version: r.Source.Version, Name: path.Base(r.Source.Path), AppliedAt: time.Now().UTC(),
			})
		}
		return err
	})
	if err != nil {
		return applied, fmt.Errorf("migrate database: %w", err)
	}
	return applied, nil
}

// Status returns every migration, oldest first.
func Status(ctx context.Context, dsn string) ([]Migration, error) {
	var all []Migration
	err := withProvider(ctx, dsn, func(p *goose.Provider) error {
		states, err := p.Status(ctx)
		for _, s := range states {
			m := Migration{Version: s.Source.Version, Name: path.Base(s.Source.Path)}
			if s.State == goose.StateApplied {
				m.AppliedAt = s.AppliedAt.UTC()
			}
			all = append(all, m)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read migration status: %w", err)
	}
	return all, nil
}

// withProvider calls do on a connection whose schema this binary understands.
func withProvider(ctx context.Context, dsn string, do func(*goose.Provider) error) error {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	schema, err := currentSchema(ctx, db, config)
	if err != nil {
		return err
	}
	// One lock a schema; the default waits five seconds between two attempts.
	h := fnv.New64a()
	fmt.Fprintf(h, "freshrank migrations of %s", schema)
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(int64(h.Sum64())), lock.WithLockTimeout(1, 300))
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files,
		goose.WithSessionLocker(locker), goose.WithTableName(historyTable), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	// GetVersions creates the history table where there is none, under the lock.
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if current > target {
		return fmt.Errorf("schema %q is at version %d, made by a newer freshrank; this one knows %d: use the newer freshrank",
			schema, current, target)
	}
	return do(provider)
}

func currentSchema(ctx context.Context, db *sql.DB, config *pgx.ConnConfig) (string, error) {
	var schema sql.NullString
	if err := db.QueryRowContext(ctx, "SELECT current_schema()").Scan(&schema); err != nil {
		return "", err
	}
	if !schema.Valid {
		return "", fmt.Errorf("database %q has no schema of search_path %q: create the schema first",
			config.Database, config.RuntimeParams["search_path"])
	}
	return schema.String, nil
}
