package view_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"freshrank/migrations/migrationstest"
	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
	"freshrank/speed"
	"freshrank/speed/view"
)

func TestMain(m *testing.M) { migrationstest.Main(m) }

func newView(t *testing.T) (*migrationstest.DB, *view.View) {
	db := migrationstest.Schema(t)
	return db, view.New(view.Options{Pool: db.Speed, KeepAlive: 200 * time.Millisecond,
		Connect: func(ctx context.Context) (*pgx.Conn, error) { return pgx.Connect(ctx, db.SpeedDSN) }})
}

// acquire takes the lease, which may have been released just now: Postgres ends the
// session of a connection that was closed a moment later.
func acquire(t *testing.T, v *view.View) speed.Lease {
	t.Helper()
	lease, ok, err := v.TryAcquire(t.Context())
	for end := time.Now().Add(10 * time.Second); err == nil && !ok && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
		lease, ok, err = v.TryAcquire(t.Context())
	}
	if err != nil || !ok {
		t.Fatalf("acquire: %v, %v", ok, err)
	}
	t.Cleanup(lease.Release)
	return lease
}

func row(url string, x, base float64) speed.Row {
	r := speed.Row{Page: link.KeyOf(url), URL: url, Host: link.HostOf(url), Domain: link.DomainOf(link.HostOf(url)), Status: linkgraph.Ranked, X: &x}
	if base != 0 {
		r.BaseX = &base
	}
	return r
}

func header(sequence int64, offsets ...int64) speed.Header {
	return speed.Header{Generation: 7, Sequence: sequence, Offsets: offsets, End: offsets, AsOf: time.Unix(1000+sequence, 0).UTC(),
		Certificate: pagerank.Certificate{Damping: 0.85, Pages: 3, Sum: 3}}
}

func TestStageSwitchPublishSweep(t *testing.T) {
	ctx := t.Context()
	db, v := newView(t)
	epoch := acquire(t, v).Epoch()
	if _, ok, err := v.Current(ctx); ok || err != nil {
		t.Fatalf("current view before the first: %v, %v", ok, err)
	}

	first, err := v.Stage(ctx, speed.Publication{Epoch: epoch, Header: header(1, 5, 6), Rows: []speed.Row{row("http://a.example/", 1.5, 1)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := v.Current(ctx); ok || err != nil {
		t.Fatalf("a staged view is read already: %v, %v", ok, err)
	}
	target := link.KeyOf("http://a.example/")
	alias := row("http://www.b.example/", 0, 0)
	alias.Status, alias.X, alias.Target = linkgraph.Alias, nil, &target
	publish := speed.Publication{Epoch: epoch, View: first, Switch: true, Header: header(2, 8, 6), Rows: []speed.Row{alias, row("http://a.example/", 1.75, 1)}}
	for range 2 { // again does no harm
		if err := v.Publish(ctx, publish); err != nil {
			t.Fatal(err)
		}
	}
	current, ok, err := v.Current(ctx)
	if err != nil || !ok || current.View != first || current.Generation != 7 || current.Epoch != epoch ||
		!current.Offsets.Equal(link.Offsets{8, 6}) || !current.AsOf.Equal(time.Unix(1002, 0)) {
		t.Fatalf("current %+v, %v, %v", current, ok, err)
	}
	if got, want := rows(t, db, first), "[http://a.example/ a.example a.example ranked  1.75 1] [http://www.b.example/ www.b.example b.example alias "+target.String()+" NULL NULL]"; got != want {
		t.Errorf("rows %s, want %s", got, want)
	}

	second, err := v.Stage(ctx, speed.Publication{Epoch: epoch, Header: header(1, 9, 9)})
	if err != nil {
		t.Fatal(err)
	}
	third, err := v.Stage(ctx, speed.Publication{Epoch: epoch, Header: header(1, 9, 9), Rows: []speed.Row{row("http://c.example/", 1, 0)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Publish(ctx, speed.Publication{Epoch: epoch, View: second, Switch: true, Header: header(2, 9, 9)}); err != nil {
		t.Fatal(err)
	}
	if err := v.Sweep(ctx, epoch); err != nil {
		t.Fatal(err)
	}
	if got := rows(t, db, first); got != "" {
		t.Errorf("after the sweep the first view has rows %s", got)
	}
	if got := rows(t, db, third); got == "" {
		t.Error("the sweep took a view that is only just staged")
	}
	err = v.Publish(ctx, publish)
	if !errors.Is(err, speed.ErrNoView) {
		t.Errorf("publish to a view that is gone: %v", err)
	}
}

// TestCurrentIsTheLastWord: a publication whose COMMIT is late, since the connection stalls,
// is waited for. A session that began where the view stood before would take it back.
func TestCurrentIsTheLastWord(t *testing.T) {
	ctx := t.Context()
	db, v := newView(t)
	epoch := acquire(t, v).Epoch()
	id, err := v.Stage(ctx, speed.Publication{Epoch: epoch, Header: header(1, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Publish(ctx, speed.Publication{Epoch: epoch, View: id, Switch: true, Header: header(2, 2)}); err != nil {
		t.Fatal(err)
	}
	result := make(chan speed.Current, 1)
	err = pgx.BeginFunc(ctx, db.Speed, func(tx pgx.Tx) error { // as Publish does it
		if _, err := tx.Exec(ctx, `
			SELECT 1 FROM speed_lease FOR SHARE;
			UPDATE speed_view SET offsets = '{3}'`); err != nil {
			return err
		}
		go func() {
			current, _, err := v.Current(ctx)
			if err != nil {
				t.Error(err)
			}
			result <- current
		}()
		waitsFor(t, db, tx)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if c := <-result; !c.Offsets.Equal(link.Offsets{3}) {
		t.Errorf("offsets %v of the current view, want those of the publication that was under way", c.Offsets)
	}
}

// TestSwitchToARetiredGeneration: the batch layer is dropping the generation while
// the speed layer wants to switch to it.
func TestSwitchToARetiredGeneration(t *testing.T) {
	ctx := t.Context()
	db, v := newView(t)
	insertGeneration(t, db, 7, `{}`)
	epoch := acquire(t, v).Epoch()
	id, err := v.Stage(ctx, speed.Publication{Epoch: epoch, Header: header(1, 1)})
	if err != nil {
		t.Fatal(err)
	}
	p := speed.Publication{Epoch: epoch, View: id, Switch: true, Header: header(2, 1)}
	result := make(chan error, 1)
	err = pgx.BeginFunc(ctx, db.Batch, func(tx pgx.Tx) error { // as package batch/view does it
		if _, err := tx.Exec(ctx, `
			SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ':generations', 0));
			UPDATE batch_generation SET retained = false WHERE generation = 7`); err != nil {
			return err
		}
		go func() { result <- v.Publish(ctx, p) }()
		waitsFor(t, db, tx)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, speed.ErrRetired) {
		t.Errorf("switch to a generation that was dropped: %v", err)
	}
	if _, ok, err := v.Current(ctx); ok || err != nil {
		t.Errorf("current view: %v, %v", ok, err)
	}
}

// waitsFor returns once a session of the speed layer waits for a lock that tx holds.
func waitsFor(t *testing.T, db *migrationstest.DB, tx pgx.Tx) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		var waits bool
		err := db.Speed.QueryRow(t.Context(), `
			SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND $1 = ANY (pg_blocking_pids(pid)))`, tx.Conn().PgConn().PID()).Scan(&waits)
		if err != nil {
			t.Error(err)
			return
		}
		if waits {
			return
		}
	}
	t.Error("nobody waits for the transaction")
}

func rows(t *testing.T, db *migrationstest.DB, view int64) (all string) {
	t.Helper()
	r, err := db.Serving.Query(t.Context(), `
		SELECT url, host, domain, status, coalesce(target::text, ''), coalesce(x::text, 'NULL'), coalesce(base_x::text, 'NULL')
		FROM speed_rank WHERE view = $1 ORDER BY url`, view)
	if err != nil {
		t.Fatal(err)
	}
	var c [7]string
	_, err = pgx.ForEachRow(r, []any{&c[0], &c[1], &c[2], &c[3], &c[4], &c[5], &c[6]}, func() error {
		if all != "" {
			all += " "
		}
		all += fmt.Sprint(c)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLeaseFences(t *testing.T) {
	ctx := t.Context()
	db, v := newView(t)
	first := acquire(t, v)
	if _, ok, err := v.TryAcquire(ctx); ok || err != nil {
		t.Fatalf("the lease was given twice: %v, %v", ok, err)
	}
	id, err := v.Stage(ctx, speed.Publication{Epoch: first.Epoch(), Header: header(1, 1)})
	if err != nil {
		t.Fatal(err)
	}
	// Its connection dies: the holder learns of it, and another one may take over.
	if _, err := db.Owner.Exec(ctx, `
		SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
		  AND (classid::bigint << 32 | objid::bigint) = hashtextextended($1 || ':speed', 0)`, db.Name); err != nil {
		t.Fatal(err)
	}
	select {
	case <-first.Lost():
	case <-time.After(10 * time.Second):
		t.Fatal("the loss was not noticed")
	}
	second := acquire(t, v)
	if second.Epoch() != first.Epoch()+1 {
		t.Errorf("epoch %d after %d", second.Epoch(), first.Epoch())
	}
	stale := speed.Publication{Epoch: first.Epoch(), View: id, Switch: true, Header: header(2, 2)}
	_, staged := v.Stage(ctx, stale)
	for what, err := range map[string]error{"stage": staged, "publish": v.Publish(ctx, stale), "sweep": v.Sweep(ctx, first.Epoch())} {
		if !errors.Is(err, speed.ErrFenced) {
			t.Errorf("%s with an old epoch: %v", what, err)
		}
	}
	second.Release()
	third := acquire(t, v)
	if third.Epoch() != second.Epoch()+1 {
		t.Errorf("epoch %d after %d", third.Epoch(), second.Epoch())
	}
}

func TestWatch(t *testing.T) {
	db, v := newView(t)
	ctx, cancel := context.WithCancel(t.Context())
	woken, done := make(chan struct{}, 100), make(chan struct{})
	go func() {
		defer close(done)
		v.Watch(ctx, func() { woken <- struct{}{} })
	}()
	for range 2 { // once when it listens, then by the notification
		select {
		case <-woken:
		case <-time.After(10 * time.Second):
			t.Fatal("not woken")
		}
		if _, err := db.Batch.Exec(t.Context(), `NOTIFY freshrank_generation`); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	<-done
}

func TestActive(t *testing.T) {
	ctx := t.Context()
	db, v := newView(t)
	if _, ok, err := v.Active(ctx); ok || err != nil {
		t.Fatalf("active generation before the first: %v, %v", ok, err)
	}
	insertGeneration(t, db, 4, `{"rel_policy": "count-all"}`)
	g, ok, err := v.Active(ctx)
	if err != nil || !ok || g.Number != 4 || !g.Cut.Equal(link.Offsets{3, 4}) || g.Damping != 0.9 || g.Policy != link.CountAll ||
		!g.AsOf.Equal(time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)) {
		t.Errorf("active %+v, %v, %v", g, ok, err)
	}
	insertGeneration(t, db, 5, `{}`)
	if _, _, err := v.Active(ctx); err == nil {
		t.Error("a generation without rel_policy is accepted")
	}
}

// insertGeneration makes a generation and points to it.
func insertGeneration(t *testing.T, db *migrationstest.DB, number int64, parameters string) {
	t.Helper()
	if _, err := db.Batch.Exec(t.Context(), `
		WITH run AS (INSERT INTO batch_run (trigger, state) VALUES ('manual', 'succeeded') RETURNING id)
		INSERT INTO batch_generation (generation, run, as_of, cut, parameters, known_pages, links, sweeps, damping, pages, sum,
		  dangling, plus, minus, epsilon_plus, epsilon_minus, x_max, quantiles)
		SELECT $1, id, '2025-01-02T03:04:05Z', '{3,4}', $2::jsonb, 1, 1, 1, 0.9, 1, 1, 0, 0, 0, 0, 0, 1, '{}' FROM run`, number, parameters); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Batch.Exec(t.Context(), `INSERT INTO batch_pointer (generation) VALUES ($1)
		ON CONFLICT (only_row) DO UPDATE SET generation = excluded.generation`, number); err != nil {
		t.Fatal(err)
	}
}

// TestTraps: a batch layer that was taken over gets no other layer to run what it lays in
// the way of its statements.
func TestTraps(t *testing.T) {
	db, v := newView(t)
	_, err := db.Batch.Exec(t.Context(), `
		CREATE FUNCTION trap(name, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'caught %', current_user; END $$;
		CREATE OPERATOR || (LEFTARG = name, RIGHTARG = text, FUNCTION = trap);
		CREATE FUNCTION hashtextextended(text, integer) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'caught %', current_user; END $$;`)
	if err != nil {
		t.Fatal(err)
	}
	epoch := acquire(t, v).Epoch()
	staged, err := v.Stage(t.Context(), speed.Publication{Epoch: epoch, Header: header(1, 5, 6), Rows: []speed.Row{row("http://a.example/", 1.5, 1)}})
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Publish(t.Context(), speed.Publication{Epoch: epoch, View: staged, Switch: true, Header: header(2, 8, 6)}); err != nil {
		t.Error(err)
	}
}
