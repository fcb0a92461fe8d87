package migrations_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"freshrank/migrations/migrationstest"
)

// Who may do what with each table: the whole of it, so that a new table or a
// careless GRANT shows.
var grants = map[string]struct{ batch, speed, serving, keys string }{
	"batch_lease":         {batch: "su"},
	"batch_run":           {batch: "siud", serving: "s"},
	"batch_generation":    {batch: "siud", speed: "s", serving: "s"},
	"batch_pointer":       {batch: "siud", speed: "s", serving: "s"},
	"batch_estimate":      {batch: "siud", serving: "s"},
	"speed_lease":         {speed: "su"},
	"speed_view":          {batch: "s", speed: "siud", serving: "s"},
	"speed_pointer":       {batch: "s", speed: "siud", serving: "s"},
	"speed_rank":          {speed: "siud", serving: "s"},
	"api_key":             {keys: "s"}, // the rest by column: see below
	"freshrank_migration": {},
}

func TestGrants(t *testing.T) {
	db := migrationstest.Schema(t)
	rows, err := db.Owner.Query(t.Context(), `
		SELECT c.relname, r.rolname,
		       concat(CASE WHEN has_table_privilege(r.oid, c.oid, 'SELECT') THEN 's' END,
		              CASE WHEN has_table_privilege(r.oid, c.oid, 'INSERT') THEN 'i' END,
		              CASE WHEN has_table_privilege(r.oid, c.oid, 'UPDATE') THEN 'u' END,
		              CASE WHEN has_table_privilege(r.oid, c.oid, 'DELETE') THEN 'd' END,
		              CASE WHEN has_table_privilege(r.oid, c.oid, 'TRUNCATE') THEN 't' END)
		  FROM pg_class c, pg_roles r
		 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p')
		   AND r.rolname IN ('freshrank_batch', 'freshrank_speed', 'freshrank_serving', 'freshrank_keys')
		 ORDER BY c.relname`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var seen []string
	for rows.Next() {
		var table, role, got string
		if err := rows.Scan(&table, &role, &got); err != nil {
			t.Fatal(err)
		}
		seen = append(seen, table)
		want := map[string]string{
			"freshrank_batch": grants[table].batch, "freshrank_speed": grants[table].speed, "freshrank_serving": grants[table].serving,
			"freshrank_keys": grants[table].keys,
		}[role]
		if got != want {
			t.Errorf("%s has %q on %s, want %q", role, got, table, want)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for table := range grants {
		if !slices.Contains(seen, table) {
			t.Errorf("no table %s", table)
		}
	}
	if got := len(slices.Compact(seen)); got != len(grants) {
		t.Errorf("%d tables, want %d: %v", got, len(grants), slices.Compact(seen))
	}
}

// TestKeyGrants: of a key, serving reads what it must know to let its holder in;
// only the role for keys makes any, and all that it can change is to revoke.
func TestKeyGrants(t *testing.T) {
	db := migrationstest.Schema(t)
	rows, err := db.Owner.Query(t.Context(), `
		SELECT r.rolname || ' ' || a.attname || ' ' ||
		       concat(CASE WHEN has_column_privilege(r.oid, a.attrelid, a.attnum, 'SELECT') THEN 's' END,
		              CASE WHEN has_column_privilege(r.oid, a.attrelid, a.attnum, 'INSERT') THEN 'i' END,
		              CASE WHEN has_column_privilege(r.oid, a.attrelid, a.attnum, 'UPDATE') THEN 'u' END)
		  FROM pg_attribute a, pg_roles r
		 WHERE a.attrelid = 'api_key'::regclass AND a.attnum > 0 AND has_any_column_privilege(r.oid, a.attrelid, 'SELECT,INSERT,UPDATE,REFERENCES')
		   AND r.rolname IN ('freshrank_batch', 'freshrank_speed', 'freshrank_serving', 'freshrank_keys')
		 ORDER BY r.rolname, a.attnum`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"freshrank_keys id s", "freshrank_keys hash si", "freshrank_keys name si", "freshrank_keys scopes si",
		"freshrank_keys rate si", "freshrank_keys created_at s", "freshrank_keys revoked_at su",
		"freshrank_serving id s", "freshrank_serving hash s", "freshrank_serving name ", "freshrank_serving scopes s",
		"freshrank_serving rate s", "freshrank_serving created_at ", "freshrank_serving revoked_at s",
	}
	if !slices.Equal(got, want) {
		t.Errorf("grants on api_key:\n%q\nwant\n%q", got, want)
	}
}

// TestRevocationIsFinal: nobody who may revoke a key can bring it back, or say that it
// was at another time.
func TestRevocationIsFinal(t *testing.T) {
	db := migrationstest.Schema(t)
	exec(t, db.KeysDSN, "INSERT INTO api_key (hash, name, scopes) VALUES (sha256('x'), 'x', '{read}')")
	exec(t, db.KeysDSN, "UPDATE api_key SET revoked_at = '2001-01-01'")
	for _, at := range []string{"NULL", "now() + interval '1 day'", "'2001-01-01'"} {
		err := tryExec(t, db.KeysDSN, "UPDATE api_key SET revoked_at = "+at)
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.Code != "42501" {
			t.Errorf("revoked at %s after it was: %v", at, err)
		}
	}
	exec(t, db.KeysDSN, "UPDATE api_key SET revoked_at = coalesce(revoked_at, now())") // as often as one likes
	var recent bool
	if err := db.Owner.QueryRow(t.Context(), "SELECT revoked_at > now() - interval '1 minute' FROM api_key").Scan(&recent); err != nil || !recent {
		t.Errorf("revoked just now %v, error %v", recent, err)
	}
}

// What the catalogue says, tried.
func TestTrespass(t *testing.T) {
	db := migrationstest.Schema(t)
	for _, test := range []struct{ name, dsn, sql string }{
		{"serving inserts a run", db.ServingDSN, "INSERT INTO batch_run (trigger) VALUES ('manual')"},
		{"serving cancels by hand", db.ServingDSN, "UPDATE batch_run SET cancel_requested = true"},
		{"serving flips the pointer", db.ServingDSN, "DELETE FROM batch_pointer"},
		{"serving makes a table", db.ServingDSN, "CREATE TABLE mine (x int)"},
		{"serving reads the lease", db.ServingDSN, "SELECT epoch FROM batch_lease"},
		{"batch writes a speed view", db.BatchDSN, "UPDATE speed_view SET sequence = 1"},
		{"batch reads the overlay", db.BatchDSN, "SELECT page FROM speed_rank"},
		{"batch raises the speed layer's epoch", db.BatchDSN, "UPDATE speed_lease SET epoch = 9"},
		{"batch makes a second lease", db.BatchDSN, "INSERT INTO batch_lease (epoch) VALUES (1)"},
		{"batch drops a table of the schema", db.BatchDSN, "DROP TABLE speed_rank"},
		{"speed writes a generation", db.SpeedDSN, "UPDATE batch_generation SET retained = false"},
		{"speed requests a run", db.SpeedDSN, "SELECT id FROM batch_request_run(NULL)"},
		{"speed makes a table", db.SpeedDSN, "CREATE TABLE mine (x int)"},
		{"serving makes a key", db.ServingDSN, "INSERT INTO api_key (hash, name, scopes) VALUES (sha256('x'), 'mine', '{admin}')"},
		{"serving brings a key back", db.ServingDSN, "UPDATE api_key SET revoked_at = NULL"},
		{"serving widens a key", db.ServingDSN, "UPDATE api_key SET scopes = '{admin}'"},
		{"serving asks whose a key is", db.ServingDSN, "SELECT name FROM api_key"},
		{"batch reads keys", db.BatchDSN, "SELECT hash FROM api_key"},
		{"batch makes a key", db.BatchDSN, "INSERT INTO api_key (hash, name, scopes) VALUES (sha256('x'), 'mine', '{admin}')"},
		{"speed reads keys", db.SpeedDSN, "SELECT hash FROM api_key"},
		{"speed revokes a key", db.SpeedDSN, "UPDATE api_key SET revoked_at = now()"},
		{"who makes keys widens one", db.KeysDSN, "UPDATE api_key SET scopes = '{admin}'"},
		{"who makes keys forgets one", db.KeysDSN, "DELETE FROM api_key"},
		{"who makes keys reads ranks", db.KeysDSN, "SELECT page FROM speed_rank"},
		{"who makes keys requests a run", db.KeysDSN, "SELECT id FROM batch_request_run(NULL)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := tryExec(t, test.dsn, test.sql)
			var pg *pgconn.PgError
			if !errors.As(err, &pg) || pg.Code != "42501" { // insufficient_privilege
				t.Errorf("want a refusal, got: %v", err)
			}
		})
	}
}

// A generation's tables come and go without any grant of their own.
func TestGenerationTables(t *testing.T) {
	db := migrationstest.Schema(t)
	exec(t, db.BatchDSN, "CREATE TABLE batch_rank_1 (page uuid PRIMARY KEY)")
	exec(t, db.ServingDSN, "SELECT page FROM batch_rank_1")
	for _, dsn := range []string{db.ServingDSN, db.SpeedDSN} {
		if err := tryExec(t, dsn, "DELETE FROM batch_rank_1"); err == nil {
			t.Error("another role may write a generation")
		}
	}
	exec(t, db.BatchDSN, "DROP TABLE batch_rank_1")
}
