package migrations_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"freshrank/migrations/migrationstest"
)

// Who may call each function of the schema: the whole of it, as for tables.
var executes = map[string][]string{
	"batch_request_run(key text)": {"batch", "serving"},
	"batch_cancel_run(run uuid)":  {"batch", "serving"},
	"api_key_revoked()":           nil, // a trigger's
}

// TestNobodyTrespasses tries, as each role, to read, insert, update, delete and truncate
// each table that there is, to change, drop, index and watch it, to call each function, to
// make things, and to become another role. What is not in the two lists must be refused.
// The tables and functions are those of the catalogue, a generation's among them.
func TestNobodyTrespasses(t *testing.T) {
	db := migrationstest.Schema(t)
	exec(t, db.BatchDSN, "CREATE TABLE batch_rank_1 (page uuid PRIMARY KEY)")
	may := maps.Clone(grants)
	may["batch_rank_1"] = struct{ batch, speed, serving, keys string }{batch: "siudto", serving: "s"} // o: it is the owner
	for role, dsn := range map[string]string{"batch": db.BatchDSN, "speed": db.SpeedDSN, "serving": db.ServingDSN, "keys": db.KeysDSN} {
		as, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer as.Close(t.Context())
		for _, table := range tables(t, db.Owner) {
			given, known := may[table.name]
			if !known {
				t.Errorf("table %s is in no list of grants", table.name)
			}
			letters := map[string]string{"batch": given.batch, "speed": given.speed, "serving": given.serving, "keys": given.keys}[role]
			for _, try := range []struct{ letter, sql string }{
				{"s", "TABLE %[1]s"}, {"i", "INSERT INTO %[1]s (%[2]s) VALUES (DEFAULT)"}, {"u", "UPDATE %[1]s SET %[2]s = %[2]s WHERE false"}, {"d", "DELETE FROM %[1]s WHERE false"},
				{"t", "TRUNCATE %[1]s CASCADE"}, {"o", "ALTER TABLE %[1]s ADD COLUMN mine int"}, {"o", "DROP TABLE %[1]s CASCADE"}, {"o", "CREATE INDEX ON %[1]s (%[2]s)"},
				{"o", "CREATE RULE mine AS ON INSERT TO %[1]s DO INSTEAD NOTHING"},
			} {
				sql := fmt.Sprintf(try.sql+" -- %[2]s", table.name, table.column)
				if got, allowed := refused(t, as, sql), strings.Contains(letters, try.letter); got == allowed {
					t.Errorf("%s: %s: refused %v, may %v", role, sql, got, allowed)
				}
			}
		}
		for function, call := range functions(t, db.Owner) {
			who, known := executes[function]
			if !known {
				t.Errorf("function %s is in no list", function)
			}
			if got, may := refused(t, as, "SELECT "+call), slices.Contains(who, role); got == may {
				t.Errorf("%s: %s: refused %v, may %v", role, call, got, may)
			}
			name, _, _ := strings.Cut(call, "(")
			if owner := role == "batch" && who != nil; refused(t, as, "ALTER FUNCTION "+name+" SECURITY INVOKER") == owner {
				t.Errorf("%s may change %s: %v, want %v", role, name, !owner, owner)
			}
		}
		for sql, allowed := range map[string]bool{
			"CREATE TABLE mine (x int)":                   role == "batch", // a generation's
			"CREATE SCHEMA mine":                          false,
			"CREATE ROLE mine":                            false,
			"DROP SCHEMA " + db.Name:                      false,
			"COPY (SELECT 1) TO '/dev/null'":              false,
			"SELECT pg_read_file('/etc/hostname')":        false,
			"COMMENT ON SCHEMA " + db.Name + " IS 'mine'": false,
		} {
			if refused(t, as, sql) == allowed {
				t.Errorf("%s: %s: may %v", role, sql, allowed)
			}
		}
	}
	var members []string
	rows, err := db.Owner.Query(t.Context(), `SELECT a.rolname || ' is a member of ' || b.rolname FROM pg_roles a, pg_roles b
		WHERE a.rolname LIKE 'freshrank\_%' AND (b.rolname LIKE 'freshrank\_%' OR b.rolname LIKE 'pg\_%') AND a.oid <> b.oid AND pg_has_role(a.oid, b.oid, 'MEMBER')`)
	if err == nil {
		members, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	if err != nil || len(members) > 0 {
		t.Errorf("%v, %v", members, err)
	}
}

type table struct{ name, column string } // one of its columns

func tables(t *testing.T, owner *pgxpool.Pool) []table {
	t.Helper()
	rows, err := owner.Query(t.Context(), `
		SELECT c.relname, min(a.attname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
		 WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p', 'f') GROUP BY c.relname`)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (one table, err error) {
		return one, row.Scan(&one.name, &one.column)
	})
	if err != nil || len(all) < len(grants) {
		t.Fatalf("%d tables, error %v", len(all), err)
	}
	return all
}

// functions returns a call with nulls of each.
func functions(t *testing.T, owner *pgxpool.Pool) map[string]string {
	t.Helper()
	rows, err := owner.Query(t.Context(), `
		SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
		       p.proname || '(' || coalesce((SELECT string_agg('NULL::' || format_type(x, NULL), ', ') FROM unnest(p.proargtypes) x), '') || ')'
		  FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	var name, call string
	if _, err := pgx.ForEachRow(rows, []any{&name, &call}, func() error { all[name] = call; return nil }); err != nil || len(all) != len(executes) {
		t.Fatalf("%d functions, %d are listed, error %v", len(all), len(executes), err)
	}
	return all
}

// refused reports whether Postgres says that the role may not. What else it says, that the
// statement makes no sense for one, comes only after that.
func refused(t *testing.T, as *pgx.Conn, sql string) bool {
	t.Helper()
	tx, err := as.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = tx.Exec(t.Context(), sql)
	if end := tx.Rollback(t.Context()); end != nil {
		t.Fatal(end)
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "42501" // insufficient_privilege
}
