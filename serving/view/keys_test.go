package view_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"freshrank/migrations/migrationstest"
	"freshrank/serving"
	"freshrank/serving/view"
)

// TestKeys: what the role for keys has written, serving reads, valid keys alone.
func TestKeys(t *testing.T) {
	db := migrationstest.Schema(t)
	v := view.New(db.Serving, nil)
	ring := func() serving.KeyRing {
		t.Helper()
		ring, err := v.Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return ring
	}
	if got := ring(); got.Ever || len(got.Keys) != 0 {
		t.Errorf("at first: %+v", got)
	}
	writer, err := pgxpool.New(t.Context(), db.KeysDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	hash, _ := serving.HashSecret(serving.NewSecret())
	other, _ := serving.HashSecret(serving.NewSecret())
	exec(t, writer, "INSERT INTO api_key (hash, name, scopes, rate) VALUES ($1, 'a', '{read,submit}', 0.5), ($2, 'b', '{admin}', NULL)", hash[:], other[:])
	got := ring()
	if k := got.Keys[hash]; !got.Ever || len(got.Keys) != 2 || k.ID == 0 || k.Rate != 0.5 || got.Keys[other].Rate != 0 || len(k.Scopes) != 2 || k.Scopes[1] != serving.ScopeSubmit {
		t.Errorf("two keys: %+v", got)
	}
	exec(t, writer, "UPDATE api_key SET revoked_at = now()")
	if got := ring(); !got.Ever || len(got.Keys) != 0 {
		t.Errorf("all revoked: %+v", got)
	}
	for _, rate := range []string{"0", "-1", "'NaN'", "'infinity'"} {
		if _, err := writer.Exec(t.Context(), "INSERT INTO api_key (hash, name, scopes, rate) VALUES (sha256('x'), 'n', '{read}', "+rate+")"); err == nil {
			t.Errorf("a key with rate %s was taken", rate)
		}
	}
	for _, wrong := range []string{"sha256('x'), 'n', '{}'", "sha256('x'), 'n', '{root}'", "'short', 'n', '{read}'", "sha256('x'), '', '{read}'"} {
		if _, err := writer.Exec(t.Context(), "INSERT INTO api_key (hash, name, scopes) VALUES ("+wrong+")"); err == nil {
			t.Errorf("a key of %s was taken", wrong)
		}
	}
}
