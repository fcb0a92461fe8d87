package migrations_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"freshrank/migrations"
	"freshrank/migrations/migrationstest"
)

// A generation that was published under the first schema is looked up by host as
// those after it are: through its table of hosts.
func TestHostsOfAnOlderGeneration(t *testing.T) {
	db := migrationstest.Empty(t)
	upTo(t, db.OwnerDSN, 1)
	exec(t, db.BatchDSN, `
		CREATE TABLE batch_rank_7 (page uuid PRIMARY KEY, url text NOT NULL, host text NOT NULL, x double precision);
		CREATE TABLE batch_host_7 (host text PRIMARY KEY, domain text NOT NULL, pages bigint NOT NULL, x double precision NOT NULL);
		INSERT INTO batch_rank_7 VALUES (gen_random_uuid(), 'https://a.example/', 'a.example', 1);
		INSERT INTO batch_host_7 VALUES ('a.example', 'a.example', 1, 1);
		WITH r AS (INSERT INTO batch_run (trigger) VALUES ('manual') RETURNING id)
		INSERT INTO batch_generation (generation, run, as_of, cut, parameters, known_pages, links, sweeps, damping, pages,
			sum, dangling, plus, minus, epsilon_plus, epsilon_minus, x_max, quantiles)
		SELECT g, id, now(), '{}', '{}', 1, 1, 1, 0.85, 1, 1, 0, 0, 0, 0, 0, 1, '{}' FROM r, unnest('{6,7}'::bigint[]) g`) // 6: its tables are lost
	// Nor does a batch layer get at the owner's rights, by what it lays in the way.
	exec(t, db.BatchDSN, `
		CREATE FUNCTION trap(text, bigint) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'caught %', current_user; END $$;
		CREATE OPERATOR || (LEFTARG = text, RIGHTARG = bigint, FUNCTION = trap);
		CREATE FUNCTION format(text, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'caught %', current_user; END $$;
		CREATE FUNCTION format(text, name) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'caught %', current_user; END $$;`)
	if _, err := migrations.Up(t.Context(), db.OwnerDSN); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), db.ServingDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var url string
	err = conn.QueryRow(t.Context(), `SELECT url FROM batch_rank_7 WHERE host = (SELECT number FROM batch_host_7 WHERE host = 'a.example')`).Scan(&url)
	if err != nil || url != "https://a.example/" {
		t.Errorf("found %q, %v", url, err)
	}
}

// upTo applies the migrations up to a version, as a freshrank of that time would.
func upTo(t *testing.T, dsn string, version int64) {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	p, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("."), goose.WithTableName("freshrank_migration"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
}
