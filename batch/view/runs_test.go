package view

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"freshrank/batch"
)

func TestRunRecord(t *testing.T) {
	h := newHouse(t)
	ctx, l := t.Context(), h.lease()
	if _, ok, err := h.LastRun(ctx); ok || err != nil {
		t.Errorf("last run of none: %v, %v", ok, err)
	}
	if _, ok, err := h.Take(ctx, l.Epoch()); ok || err != nil {
		t.Errorf("take of none: %v, %v", ok, err)
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 1000, time.UTC)
	asked, err := h.Request(ctx, batch.Request{Trigger: batch.Cron, ScheduledFor: now.Add(-time.Hour), At: now})
	if err != nil || asked.State != batch.Queued || asked.Phase != batch.PhaseQueued || !asked.ScheduledFor.Equal(now.Add(-time.Hour)) {
		t.Fatalf("%+v, %v", asked, err)
	}
	if last, ok, err := h.LastRun(ctx); !ok || err != nil || !last.Equal(now) {
		t.Errorf("last run %v, %v, %v", last, ok, err)
	}
	r, ok, err := h.Take(ctx, l.Epoch())
	if err != nil || !ok || r.ID != asked.ID || r.State != batch.Running || r.Phase != batch.PhaseArchive {
		t.Fatalf("%+v, %v, %v", r, ok, err)
	}
	p := batch.Progress{Phase: batch.PhaseRank, Done: 0.5, Sweeps: 7, Bound: 1e-3, Events: 42, Generation: 3,
		Rate: 12e6, Unit: "links", Left: 7.5}
	if cancel, err := h.Report(ctx, l.Epoch(), r.ID, p); cancel || err != nil {
		t.Errorf("report: %v, %v", cancel, err)
	}
	if got, err := h.Run(ctx, r.ID); err != nil || got.Progress != p || got.Trigger != batch.Cron {
		t.Errorf("%+v, %v", got, err)
	}
	// Put back, taken again, and failed.
	if ended, err := h.Finish(ctx, l.Epoch(), r.ID, batch.Queued, "", p); !ended || err != nil {
		t.Errorf("put back: %v, %v", ended, err)
	}
	if got, err := h.Run(ctx, r.ID); err != nil || got != asked {
		t.Errorf("put back: %+v, %v\nwant %+v", got, err, asked)
	}
	if _, ok, err := h.Take(ctx, l.Epoch()); !ok || err != nil {
		t.Errorf("take again: %v, %v", ok, err)
	}
	if ended, err := h.Finish(ctx, l.Epoch(), r.ID, batch.Failed, "disk full", p); !ended || err != nil {
		t.Errorf("finish: %v, %v", ended, err)
	}
	p.Rate, p.Unit, p.Left = 0, "", 0 // of what is over
	if got, err := h.Run(ctx, r.ID); err != nil || got.State != batch.Failed || got.Error != "disk full" || got.Progress != p {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := h.Report(ctx, l.Epoch(), r.ID, p); !errors.Is(err, batch.ErrFenced) {
		t.Errorf("report of a run that is over: %v", err)
	}
	if _, err := h.Run(ctx, "00000000-0000-0000-0000-000000000000"); err == nil {
		t.Error("a run that does not exist is found")
	}
}

// A runner that has lost its lease without knowing looks for work while its
// successor begins: it must not take a run that nobody would ever end.
func TestTakeIsFenced(t *testing.T) {
	h := newHouse(t)
	ctx, l := t.Context(), h.lease()
	if _, err := h.Request(ctx, batch.Request{Trigger: batch.Manual, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	took := make(chan bool, 1)
	err := pgx.BeginFunc(ctx, h.db.Owner, func(tx pgx.Tx) error { // as the successor does
		if _, err := tx.Exec(ctx, `UPDATE batch_lease SET epoch = epoch + 1`); err != nil {
			return err
		}
		go func() {
			_, ok, err := h.Take(ctx, l.Epoch())
			if err != nil {
				t.Error(err)
			}
			took <- ok
		}()
		h.await(`SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FOR SHARE%UPDATE batch_run%'
			OR EXISTS (SELECT FROM ` + h.db.Name + `.batch_run WHERE state = 'running')`)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if <-took {
		t.Error("a run was taken with the old epoch")
	}
}

func TestConcurrentRequests(t *testing.T) {
	h := newHouse(t)
	const n = 20
	ids := make(chan string, n) // made
	open := make(chan string, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			if i%2 == 0 { // half of them as the API does
				var id string
				var created bool
				if err := h.db.Serving.QueryRow(t.Context(), `SELECT id, created FROM batch_request_run(NULL)`).Scan(&id, &created); err != nil {
					t.Error(err)
				}
				if created {
					ids <- id
				} else {
					open <- id
				}
				return
			}
			r, err := h.Request(t.Context(), batch.Request{Trigger: batch.Manual, At: time.Now()})
			var e *batch.OpenError
			switch {
			case err == nil:
				ids <- r.ID
			case errors.As(err, &e) && errors.Is(err, batch.ErrRunOpen):
				open <- e.ID
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	close(ids)
	close(open)
	id := <-ids
	if len(ids) != 0 || len(open) != n-1 {
		t.Fatalf("%d runs were made, %d were told of one", len(ids)+1, len(open))
	}
	for other := range open {
		if other != id {
			t.Errorf("told of %s, want %s", other, id)
		}
	}
}

func TestCancelWhileQueued(t *testing.T) {
	h := newHouse(t)
	l := h.lease()
	asked, err := h.Request(t.Context(), batch.Request{Trigger: batch.Manual, At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.db.Serving.Exec(t.Context(), `SELECT batch_cancel_run($1)`, asked.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := h.Take(t.Context(), l.Epoch()); ok || err != nil {
		t.Errorf("a cancelled run is taken: %v, %v", ok, err)
	}
	<-l.Wake()
	if _, err := h.Request(t.Context(), batch.Request{Trigger: batch.Manual, At: time.Now()}); err != nil {
		t.Errorf("request after it: %v", err)
	}
}
