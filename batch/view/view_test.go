package view

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"freshrank/batch"
	"freshrank/migrations/migrationstest"
	"freshrank/pagerank"
	"freshrank/pagerank/link"
)

func TestMain(m *testing.M) { migrationstest.Main(m) }

// house is a View on a schema of its own.
type house struct {
	*View
	t  *testing.T
	db *migrationstest.DB
}

func newHouse(t *testing.T) *house {
	t.Helper()
	t.Parallel()
	db := migrationstest.Schema(t)
	return &house{t: t, db: db, View: New(db.Batch, func(ctx context.Context) (*pgx.Conn, error) {
		return pgx.Connect(ctx, db.BatchDSN)
	})}
}

// lease takes the lease and gives it back when the test ends.
func (h *house) lease() batch.Lease {
	h.t.Helper()
	l, err := h.Acquire(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := l.Release(context.Background()); err != nil {
			h.t.Error(err)
		}
	})
	return l
}

// running requests and takes a run.
func (h *house) running(epoch int64) batch.Run {
	h.t.Helper()
	if _, err := h.Request(h.t.Context(), batch.Request{Trigger: batch.Manual, At: time.Now()}); err != nil {
		h.t.Fatal(err)
	}
	r, ok, err := h.Take(h.t.Context(), epoch)
	if err != nil || !ok || r.State != batch.Running {
		h.t.Fatalf("take: %+v, %v, %v", r, ok, err)
	}
	return r
}

// scan reads one row as role serving, which must be able to.
func (h *house) scan(sql string, into ...any) {
	h.t.Helper()
	if err := h.db.Serving.QueryRow(h.t.Context(), sql).Scan(into...); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	if _, err := h.db.Owner.Exec(h.t.Context(), sql, args...); err != nil {
		h.t.Fatalf("%s: %v", sql, err)
	}
}

// publication returns generation g of pages pages, the last an alias of the first.
func publication(g int64, run string, pages int) *batch.Publication {
	p := &batch.Publication{
		Generation: batch.Generation{
			Number: g, Run: run, AsOf: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Cut: link.Offsets{g, 0, 7},
			Parameters: batch.Parameters{Damping: 0.85, RelPolicy: link.DropMarked, Tolerance: 1e-9, URLPolicy: 1, PublicSuffixList: "2026"},
			KnownPages: int64(pages), Links: 3, Sweeps: 9,
			Certificate: pagerank.Certificate{Damping: 0.85, Pages: pages - 1, Sum: 2.5, Dangling: 0.5,
				Plus: 1e-12, Minus: 2e-12, EpsilonPlus: 3e-12, EpsilonMinus: 4e-12},
			XMax: 1.5, Quantiles: []float64{0.15, 0.5, 1.5},
		},
		Rows: pages, Pages: pagesOf(pages),
		Hosts:   []batch.Group{{Name: "a.example.co.uk", Domain: "example.co.uk", Pages: int64(pages - 1), X: 2.5}},
		Domains: []batch.Group{{Name: "example.co.uk", Domain: "example.co.uk", Pages: int64(pages - 1), X: 2.5}},
	}
	return p
}

func pagesOf(n int) iter.Seq[batch.Page] {
	return func(yield func(batch.Page) bool) {
		for i := range n {
			p := batch.Page{Key: link.PageKey{byte(i >> 8), byte(i)}, URL: fmt.Sprintf("http://a.example.co.uk/%d", i),
				Status: "ranked", X: 0.15 + float64(i), HasX: true}
			if i == n-1 {
				p.Status, p.HasX, p.X, p.Alias = "alias", false, 0, true // Target: the zero key, page 0
			}
			if !yield(p) {
				return
			}
		}
	}
}

func TestPublish(t *testing.T) {
	h := newHouse(t)
	ctx, l := t.Context(), h.lease()
	if _, ok, err := h.Newest(ctx); ok || err != nil {
		t.Fatalf("newest of none: %v, %v", ok, err)
	}
	told := listen(t, h)
	r := h.running(l.Epoch())
	p := publication(1, r.ID, 5000)
	var rows []int
	var parts []float64
	if err := h.Publish(ctx, l.Epoch(), p, func(part float64, n int) { parts, rows = append(parts, part), append(rows, n) }); err != nil {
		t.Fatal(err)
	}
	for { // tests beside this one publish in the same database
		n, err := told.WaitForNotification(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n.Payload == "1" {
			break
		}
	}
	if last := len(rows) - 1; last < 5 || rows[last] != 5000 || !slices.IsSorted(rows) || !slices.IsSorted(parts) || parts[last] > 1 || parts[last] < 0.9 {
		t.Errorf("progress %v, %v rows", parts, rows)
	}

	got, ok, err := h.Newest(ctx)
	if err != nil || !ok || fmt.Sprint(got) != fmt.Sprint(p.Generation) {
		t.Errorf("newest %+v, %v, %v\nwant %+v", got, ok, err, p.Generation)
	}
	var pointer, n, ranked int64
	h.scan(`SELECT generation FROM batch_pointer`, &pointer)
	h.scan(`SELECT count(*), count(x) FROM batch_rank_1`, &n, &ranked)
	if pointer != 1 || n != 5000 || ranked != 4999 {
		t.Errorf("pointer %d, %d rows, %d ranked", pointer, n, ranked)
	}
	var url, host, status string
	var target *string
	var x *float64
	h.scan(`SELECT r.url, h.host, r.status, r.target, r.x FROM batch_rank_1 r JOIN batch_host_1 h ON h.number = r.host
		WHERE page = '00010000-0000-0000-0000-000000000000'`, &url, &host, &status, &target, &x)
	if url != "http://a.example.co.uk/1" || host != "a.example.co.uk" || status != "ranked" ||
		target != nil || x == nil || *x != 1.15 {
		t.Errorf("row %q %q %q %v %v", url, host, status, target, x)
	}
	h.scan(`SELECT status, target, x FROM batch_rank_1 ORDER BY page DESC LIMIT 1`, &status, &target, &x)
	if status != "alias" || target == nil || *target != "00000000-0000-0000-0000-000000000000" || x != nil {
		t.Errorf("alias %q %v %v", status, target, x)
	}
	h.scan(`SELECT h.pages + d.pages, h.x FROM batch_host_1 h JOIN batch_domain_1 d USING (domain) WHERE host = 'a.example.co.uk'`, &n, &x)
	if n != 2*4999 || *x != 2.5 {
		t.Errorf("host and domain: %d pages, x %v", n, *x)
	}
	var indexes, analysed int
	h.scan(`SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema() AND tablename ~ '_1$'`, &indexes)
	h.scan(`SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname ~ '^batch_.*_1$' AND reltuples > 0 AND relkind = 'r'`, &analysed)
	if indexes != 5 || analysed != 3 {
		t.Errorf("%d indexes, %d analysed tables; want 5, 3", indexes, analysed)
	}
	run, err := h.Run(ctx, r.ID)
	if err != nil || run.State != batch.Succeeded || run.Phase != batch.PhaseDone || run.Done != 1 || run.Generation != 1 || run.Bound != p.Certificate.L1() {
		t.Errorf("run %+v, %v", run, err)
	}
	// A report that crosses the publication does no harm, an end comes too late.
	if cancel, err := h.Report(ctx, l.Epoch(), r.ID, batch.Progress{Phase: batch.PhasePublish}); cancel || err != nil {
		t.Errorf("late report: %v, %v", cancel, err)
	}
	if ended, err := h.Finish(ctx, l.Epoch(), r.ID, batch.Failed, "x", batch.Progress{}); ended || err != nil {
		t.Errorf("late end: %v, %v", ended, err)
	}
}

func listen(t *testing.T, h *house) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), h.db.SpeedDSN)
	if err == nil {
		_, err = conn.Exec(t.Context(), `LISTEN freshrank_generation`)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// nothing checks that no generation beyond was left in any form.
func (h *house) nothing(beyond int64) {
	h.t.Helper()
	var tables, rows int
	h.scan(fmt.Sprintf(`SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename ~ '_%d$'`, beyond+1), &tables)
	h.scan(fmt.Sprintf(`SELECT count(*) FROM batch_generation WHERE generation > %d`, beyond), &rows)
	if tables != 0 || rows != 0 {
		h.t.Errorf("%d tables and %d rows of generation %d are left", tables, rows, beyond+1)
	}
}

func TestPublishIsFenced(t *testing.T) {
	h := newHouse(t)
	ctx, l := t.Context(), h.lease()
	r := h.running(l.Epoch())
	h.exec(`UPDATE batch_lease SET epoch = epoch + 1`) // as a newer holder does
	if err := h.Publish(ctx, l.Epoch(), publication(1, r.ID, 10), func(float64, int) {}); !errors.Is(err, batch.ErrFenced) {
		t.Errorf("old epoch publishes: %v", err)
	}
	if _, ok, err := h.Take(ctx, l.Epoch()); ok || err != nil {
		t.Errorf("old epoch takes a run: %v, %v", ok, err)
	}
	h.nothing(0)
}

// The new holder's first statement waits for a publication that is under way.
func TestPublicationUnderWayIsNotFencedHalfway(t *testing.T) {
	h := newHouse(t)
	ctx, l := t.Context(), h.lease()
	r := h.running(l.Epoch())
	raised := make(chan error, 1)
	p := publication(1, r.ID, 10)
	p.Pages = func(yield func(batch.Page) bool) {
		go func() {
			_, err := h.db.Owner.Exec(ctx, `UPDATE batch_lease SET epoch = epoch + 1`)
			raised <- err
		}()
		h.await(`SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND locktype IN ('tuple', 'transactionid')
			AND pid IN (SELECT pid FROM pg_stat_activity WHERE query LIKE 'UPDATE batch_lease%')`)
		pagesOf(10)(yield)
	}
	if err := h.Publish(ctx, l.Epoch(), p, func(float64, int) {}); err != nil {
		t.Error(err)
	}
	if err := <-raised; err != nil {
		t.Error(err)
	}
	if _, ok, err := h.Newest(ctx); !ok || err != nil {
		t.Errorf("newest: %v, %v", ok, err)
	}
}

// await asks the server until the answer is true.
func (h *house) await(sql string) {
	h.t.Helper()
	ctx, stop := context.WithTimeout(h.t.Context(), 20*time.Second)
	defer stop()
	for done := false; !done; {
		if err := h.db.Owner.QueryRow(ctx, sql).Scan(&done); err != nil {
			h.t.Errorf("wait for %s: %v", sql, err)
			return
		}
	}
}

func TestFailedPublicationLeavesNothing(t *testing.T) {
	h := newHouse(t)
	ctx, l := t.Context(), h.lease()
	r := h.running(l.Epoch())

	short := publication(1, r.ID, 10)
	short.Rows = 11
	if err := h.Publish(ctx, l.Epoch(), short, func(float64, int) {}); err == nil {
		t.Error("a row less than announced is published")
	}
	h.nothing(0)

	stopping, stop := context.WithCancel(ctx)
	p := publication(1, r.ID, 20000)
	if err := h.Publish(stopping, l.Epoch(), p, func(float64, int) { stop() }); err == nil {
		t.Error("published under a context that ended")
	}
	h.nothing(0)

	if _, err := h.db.Serving.Exec(ctx, `SELECT batch_cancel_run($1)`, r.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.Publish(ctx, l.Epoch(), publication(1, r.ID, 10), func(float64, int) {}); !errors.Is(err, batch.ErrCancelled) {
		t.Errorf("a cancelled run is published: %v", err)
	}
	h.nothing(0)
	if cancel, err := h.Report(ctx, l.Epoch(), r.ID, batch.Progress{Phase: batch.PhaseRank}); !cancel || err != nil {
		t.Errorf("report: cancel %v, %v", cancel, err)
	}
}
