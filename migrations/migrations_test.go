package migrations_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"freshrank/migrations"
	"freshrank/migrations/localpg"
	"freshrank/migrations/migrationstest"
)

func TestMain(m *testing.M) { migrationstest.Main(m) }

func TestUpAndStatus(t *testing.T) {
	db := migrationstest.Empty(t)
	before, err := migrations.Status(t.Context(), db.OwnerDSN)
	if err != nil {
		t.Fatal(err)
	}
	if len(before) == 0 || before[0].Name != "001_schema.sql" || !before[0].AppliedAt.IsZero() {
		t.Fatalf("status before: %+v", before)
	}
	applied, err := migrations.Up(t.Context(), db.OwnerDSN)
	if err != nil {
		t.Fatal(err)
	}
	if len(applied) != len(before) {
		t.Errorf("applied %d migrations of %d", len(applied), len(before))
	}
	if applied, err = migrations.Up(t.Context(), db.OwnerDSN); err != nil || len(applied) != 0 {
		t.Errorf("the second time applied %v, error %v", applied, err)
	}
	after, err := migrations.Status(t.Context(), db.OwnerDSN)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range after {
		if m.AppliedAt.IsZero() {
			t.Errorf("%s counts as missing", m.Name)
		}
	}
}

// Replicas start together: each calls Up, exactly one applies.
func TestUpConcurrently(t *testing.T) {
	db := migrationstest.Empty(t)
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		total int
	)
	for range 4 {
		wg.Go(func() {
			applied, err := migrations.Up(t.Context(), db.OwnerDSN)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			total += len(applied)
		})
	}
	wg.Wait()
	if all, err := migrations.Status(t.Context(), db.OwnerDSN); err != nil || total != len(all) {
		t.Errorf("applied %d migrations together, there are %d (error %v)", total, len(all), err)
	}
}

// An owner who is no superuser, on a server without the roles: it makes them,
// becomes a member of them, and can hand over to them.
func TestUpAsPlainOwner(t *testing.T) {
	server, err := localpg.Start(t.Context(), migrationstest.Dir(t), localpg.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	exec(t, server.DSN("", ""), "CREATE ROLE owner LOGIN CREATEROLE")
	exec(t, server.DSN("", ""), "CREATE SCHEMA AUTHORIZATION owner")
	dsn := server.DSN("owner", "") + " search_path=owner"
	if _, err := migrations.Up(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	for _, role := range []string{migrations.RoleBatch, migrations.RoleSpeed, migrations.RoleServing} {
		exec(t, dsn+" role="+role, "SELECT view FROM speed_pointer")
	}
}

func TestUpErrors(t *testing.T) {
	db := migrationstest.Empty(t)
	_, err := migrations.Up(t.Context(), strings.ReplaceAll(db.OwnerDSN, db.Name, "no_such_schema"))
	if err == nil || !strings.Contains(err.Error(), "no_such_schema") {
		t.Errorf("missing schema: %v", err)
	}
	if _, err := migrations.Up(t.Context(), db.OwnerDSN); err != nil {
		t.Fatal(err)
	}
	exec(t, db.OwnerDSN, "INSERT INTO freshrank_migration (version_id, is_applied) VALUES (999, true)")
	_, err = migrations.Up(t.Context(), db.OwnerDSN)
	if err == nil || !strings.Contains(err.Error(), "newer freshrank") {
		t.Errorf("newer schema: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := migrations.Up(ctx, db.OwnerDSN); err == nil {
		t.Error("no error from an ended context")
	}
}
