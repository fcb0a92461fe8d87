package migrationstest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"freshrank/migrations"
	"freshrank/migrations/localpg"
)

// DB is one migrated schema of its own, as seen by its owner and by each of the
// roles. A DSN selects schema and role by itself.
type DB struct {
	Name                                     string // of the schema
	Owner, Batch, Speed, Serving             *pgxpool.Pool
	OwnerDSN, BatchDSN, SpeedDSN, ServingDSN string
	KeysDSN                                  string
}

// Schema makes a fresh schema with all migrations applied; it is dropped when t
// ends.
func Schema(t testing.TB) *DB {
	t.Helper()
	db := Empty(t)
	if _, err := migrations.Up(t.Context(), db.OwnerDSN); err != nil {
		t.Fatal(err)
	}
	db.Owner = pool(t, db.OwnerDSN)
	db.Batch = pool(t, db.BatchDSN)
	db.Speed = pool(t, db.SpeedDSN)
	db.Serving = pool(t, db.ServingDSN)
	return db
}

// Empty makes a fresh schema without any migration and without pools.
func Empty(t testing.TB) *DB {
	t.Helper()
	base, err := database()
	if err != nil {
		t.Fatal(err)
	}
	name := "test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if err := execOnce(t.Context(), base, "CREATE SCHEMA "+name); err != nil {
		t.Fatalf("create schema: %v", err)
	}
	t.Cleanup(func() {
		// Owned by several roles; the owner is a member of all of them.
		if err := execOnce(context.Background(), base, "DROP SCHEMA "+name+" CASCADE"); err != nil {
			t.Errorf("drop schema: %v", err)
		}
	})
	return &DB{
		Name:       name,
		OwnerDSN:   dsn(base, name, ""),
		BatchDSN:   dsn(base, name, migrations.RoleBatch),
		SpeedDSN:   dsn(base, name, migrations.RoleSpeed),
		ServingDSN: dsn(base, name, migrations.RoleServing),
		KeysDSN:    dsn(base, name, migrations.RoleKeys),
	}
}

// dsn adds the schema, and the role to switch to, to a connection string of
// either form.
func dsn(base, schema, role string) string {
	if !strings.HasPrefix(base, "postgres://") && !strings.HasPrefix(base, "postgresql://") {
		s := base + " search_path=" + schema
		if role != "" {
			s += " role=" + role
		}
		return s
	}
	separator := "?"
	if strings.Contains(base, "?") {
		separator = "&"
	}
	s := base + separator + "search_path=" + schema
	if role != "" {
		s += "&role=" + role
	}
	return s
}

func pool(t testing.TB, dsn string) *pgxpool.Pool {
	t.Helper()
	p, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func execOnce(ctx context.Context, dsn, sql string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

// database returns the DSN of the one Postgres of this test binary.
var database = sync.OnceValues(func() (string, error) {
	if dsn := os.Getenv(EnvDatabase); dsn != "" {
		return dsn, nil
	}
	dir, err := sharedDir()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	server, err := localpg.Start(ctx, dir, localpg.Options{NoSync: true})
	if err != nil {
		return "", errors.Join(fmt.Errorf("%w (or set %s)", err, EnvDatabase), os.RemoveAll(dir))
	}
	atExit(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		return cmp.Or(server.Stop(ctx), os.RemoveAll(dir))
	})
	return server.DSN("", ""), nil
})

// Dir returns a folder that every user can reach, removed when t ends. In one
// like [testing.T.TempDir] a private Postgres of root needs user namespaces.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := sharedDir()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func sharedDir() (string, error) {
	dir, err := os.MkdirTemp("", "freshrank-test-")
	if err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o755)
}
