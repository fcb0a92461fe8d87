package view

import (
	"context"
	"errors"
	"strings"
	"testing"

	"freshrank/batch"
)

func TestLease(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	first, err := h.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Acquire(ctx); !errors.Is(err, batch.ErrLeaseHeld) {
		t.Errorf("second holder: %v", err)
	}
	if err := first.Release(ctx); err != nil {
		t.Error(err)
	}
	select {
	case <-first.Lost():
	default:
		t.Error("a released lease is not lost")
	}
	second := h.lease()
	if second.Epoch() != first.Epoch()+1 {
		t.Errorf("epochs %d, %d", first.Epoch(), second.Epoch())
	}
	if err := first.Release(ctx); err != nil {
		t.Errorf("second release: %v", err)
	}
}

func TestLeasesOfTwoSchemas(t *testing.T) {
	h := newHouse(t)
	h.lease()
	t.Run("other", func(t *testing.T) { newHouse(t).lease() })
}

// A runner dies: its connection goes, its run stays running, until the next one
// begins.
func TestDeadRunner(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	dead := h.lease()
	r := h.running(dead.Epoch())
	if _, err := h.Report(ctx, dead.Epoch(), r.ID, batch.Progress{Phase: batch.PhaseRank, Done: 0.4}); err != nil {
		t.Fatal(err)
	}
	h.killLeaseHolder()
	<-dead.Lost()
	if got, err := h.Run(ctx, r.ID); err != nil || got.State != batch.Running {
		t.Errorf("%+v, %v", got, err)
	}

	next := h.lease()
	if got, err := h.Run(ctx, r.ID); err != nil || got.State != batch.Failed || !strings.HasPrefix(got.Error, "abandoned: ") ||
		!strings.Contains(got.Error, "phase rank") {
		t.Errorf("%+v, %v", got, err)
	}
	// The dead one wakes up again, as a zombie.
	if _, err := h.Report(ctx, dead.Epoch(), r.ID, batch.Progress{Phase: batch.PhaseRank}); !errors.Is(err, batch.ErrFenced) {
		t.Errorf("report: %v", err)
	}
	if err := h.Publish(ctx, dead.Epoch(), publication(1, r.ID, 10), func(float64, int) {}); !errors.Is(err, batch.ErrFenced) {
		t.Errorf("publish: %v", err)
	}
	if ended, err := h.Finish(ctx, dead.Epoch(), r.ID, batch.Failed, "", batch.Progress{}); ended || err != nil {
		t.Errorf("finish: %v, %v", ended, err)
	}
	r = h.running(next.Epoch())
	if err := h.Publish(ctx, next.Epoch(), publication(1, r.ID, 10), func(float64, int) {}); err != nil {
		t.Error(err)
	}
}

func TestWake(t *testing.T) {
	h := newHouse(t)
	l := h.lease()
	for len(l.Wake()) > 0 { // other schemas' requests wake as well
		<-l.Wake()
	}
	if _, err := h.db.Serving.Exec(context.Background(), `SELECT batch_request_run('key')`); err != nil {
		t.Fatal(err)
	}
	<-l.Wake()
	if _, ok, err := h.Take(t.Context(), l.Epoch()); !ok || err != nil {
		t.Errorf("take: %v, %v", ok, err)
	}
}
