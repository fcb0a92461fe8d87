package migrations_test

import (
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"freshrank/migrations/migrationstest"
)

// request asks for a run as the API does.
func request(t *testing.T, p *pgxpool.Pool, key any) (id string, created bool) {
	t.Helper()
	if err := p.QueryRow(t.Context(), "SELECT id, created FROM batch_request_run($1)", key).Scan(&id, &created); err != nil {
		t.Error(err)
	}
	return id, created
}

func cancel(t *testing.T, p *pgxpool.Pool, id string) string {
	t.Helper()
	var state *string
	if err := p.QueryRow(t.Context(), "SELECT batch_cancel_run($1)", id).Scan(&state); err != nil {
		t.Fatal(err)
	}
	if state == nil {
		return "no such run"
	}
	return *state
}

func TestRequestRun(t *testing.T) {
	db := migrationstest.Schema(t)
	first, created := request(t, db.Serving, "key 1")
	if !created {
		t.Error("the first request made no run")
	}
	if id, created := request(t, db.Serving, nil); id != first || created {
		t.Errorf("a request beside an open run: %s, %v; want %s", id, created, first)
	}
	if id, created := request(t, db.Serving, "key 2"); id != first || created {
		t.Errorf("a request with another key beside an open run: %s, %v; want %s", id, created, first)
	}
	exec(t, db.BatchDSN, "UPDATE batch_run SET state = 'succeeded', finished_at = now()")
	if id, created := request(t, db.Serving, "key 1"); id != first || created {
		t.Errorf("the same key after the end: %s, %v; want %s", id, created, first)
	}
	second, created := request(t, db.Serving, "key 2")
	if second == first || !created {
		t.Error("a refused key must work once there is room")
	}
	// Its own, finished run comes first, not the one that is open.
	if id, _ := request(t, db.Serving, "key 1"); id != first {
		t.Errorf("the key's own run is %s, got %s", first, id)
	}
}

func TestRequestRunConcurrently(t *testing.T) {
	for name, key := range map[string]any{"with one key": "key", "without a key": nil} {
		t.Run(name, func(t *testing.T) {
			db := migrationstest.Schema(t)
			var (
				wg      sync.WaitGroup
				mu      sync.Mutex
				ids     = map[string]bool{}
				created int
			)
			for range 20 {
				wg.Go(func() {
					id, made := request(t, db.Serving, key)
					mu.Lock()
					defer mu.Unlock()
					ids[id] = true
					if made {
						created++
					}
				})
			}
			wg.Wait()
			if len(ids) != 1 || created != 1 {
				t.Errorf("%d runs, %d times created; want 1 and 1", len(ids), created)
			}
		})
	}
}

// Runs end while others are requested: every request gets an answer.
func TestRequestRunWhileRunsEnd(t *testing.T) {
	db := migrationstest.Schema(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 25 {
				id, _ := request(t, db.Serving, nil)
				if _, err := db.Batch.Exec(t.Context(), "UPDATE batch_run SET state = 'failed' WHERE id = $1", id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestCancelRun(t *testing.T) {
	db := migrationstest.Schema(t)
	queued, _ := request(t, db.Serving, nil)
	if got := cancel(t, db.Serving, queued); got != "cancelled" {
		t.Errorf("cancelled a queued run: %s", got)
	}
	if got := cancel(t, db.Serving, queued); got != "cancelled" {
		t.Errorf("cancelled it again: %s", got)
	}
	running, _ := request(t, db.Serving, nil)
	exec(t, db.BatchDSN, "UPDATE batch_run SET state = 'running' WHERE state = 'queued'")
	if got := cancel(t, db.Serving, running); got != "running" {
		t.Errorf("asked a running run to end: %s", got)
	}
	var asked bool
	err := db.Batch.QueryRow(t.Context(), "SELECT cancel_requested FROM batch_run WHERE id = $1", running).Scan(&asked)
	if err != nil || !asked {
		t.Errorf("the runner is not told: %v, error %v", asked, err)
	}
	exec(t, db.BatchDSN, "UPDATE batch_run SET state = 'succeeded' WHERE state = 'running'")
	if got := cancel(t, db.Serving, running); got != "succeeded" {
		t.Errorf("cancelled a run that succeeded: %s", got)
	}
	if got := cancel(t, db.Serving, "00000000-0000-0000-0000-000000000000"); got != "no such run" {
		t.Errorf("cancelled no run: %s", got)
	}
}

// The runner is woken at once.
func TestRequestNotifies(t *testing.T) {
	db := migrationstest.Schema(t)
	conn, err := db.Batch.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(t.Context(), "LISTEN freshrank_batch_run"); err != nil {
		t.Fatal(err)
	}
	id, _ := request(t, db.Serving, nil)
	if _, err := conn.Conn().WaitForNotification(t.Context()); err != nil {
		t.Fatal(err)
	}
	cancel(t, db.Serving, id)
	if _, err := conn.Conn().WaitForNotification(t.Context()); err != nil {
		t.Fatal(err)
	}
}
