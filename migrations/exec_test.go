package migrations_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

// exec runs one statement that must succeed.
func exec(t *testing.T, dsn, sql string) {
	t.Helper()
	if err := tryExec(t, dsn, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// tryExec runs one statement.
func tryExec(t *testing.T, dsn, sql string) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), sql)
	return err
}
