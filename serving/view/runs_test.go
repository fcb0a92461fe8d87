package view_test

import (
	"errors"
	"sync"
	"testing"

	"freshrank/serving"
)

const noRun = "00000000-0000-4000-8000-000000000000"

func TestRuns(t *testing.T) {
	l, v := newLayers(t)
	ctx := t.Context()

	first, mine, err := v.Request(ctx, "key one")
	if err != nil || !mine || first.State != "queued" || first.Trigger != "manual" {
		t.Fatalf("first request: %+v, %v, %v", first, mine, err)
	}
	again, mine, err := v.Request(ctx, "key one")
	if err != nil || !mine || again.ID != first.ID {
		t.Errorf("the same key: %+v, %v, %v", again, mine, err)
	}
	for _, key := range []string{"", "key two"} {
		if other, mine, err := v.Request(ctx, key); err != nil || mine || other.ID != first.ID {
			t.Errorf("key %q while a run is open: %+v, %v, %v", key, other, mine, err)
		}
	}

	cancelled, err := v.Cancel(ctx, first.ID)
	if err != nil || cancelled.State != "cancelled" || !cancelled.CancelRequested || cancelled.FinishedAt == nil {
		t.Errorf("cancel: %+v, %v", cancelled, err)
	}
	if twice, err := v.Cancel(ctx, first.ID); err != nil || twice.State != "cancelled" {
		t.Errorf("cancel again: %+v, %v", twice, err)
	}
	if again, mine, err := v.Request(ctx, "key one"); err != nil || !mine || again.ID != first.ID {
		t.Errorf("the same key after the run's end: %+v, %v, %v", again, mine, err)
	}

	second, mine, err := v.Request(ctx, "")
	if err != nil || !mine || second.ID == first.ID {
		t.Fatalf("a second run: %+v, %v, %v", second, mine, err)
	}
	exec(t, l.batch, "UPDATE batch_run SET state = 'running', phase = 'rank', progress = 0.5, bound = 1e-6, generation = 3, rate = 2, rate_unit = 'links', seconds_left = 9 WHERE id = $1", second.ID)
	running, err := v.Cancel(ctx, second.ID)
	if err != nil || running.State != "running" || !running.CancelRequested || *running.Generation != 3 || *running.Bound != 1e-6 ||
		*running.Rate != 2 || running.RateUnit != "links" || *running.SecondsLeft != 9 {
		t.Errorf("cancel a running one: %+v, %v", running, err)
	}
	exec(t, l.batch, "UPDATE batch_run SET state = 'succeeded' WHERE id = $1", second.ID)
	if _, err := v.Cancel(ctx, second.ID); !errors.Is(err, serving.ErrRunFinished) {
		t.Errorf("cancel a finished one: %v, want %v", err, serving.ErrRunFinished)
	}
	if _, err := v.Cancel(ctx, noRun); !errors.Is(err, serving.ErrNoRun) {
		t.Errorf("cancel none: %v, want %v", err, serving.ErrNoRun)
	}
	if _, err := v.Run(ctx, noRun); !errors.Is(err, serving.ErrNoRun) {
		t.Errorf("read none: %v, want %v", err, serving.ErrNoRun)
	}

	list, err := v.List(ctx, 1, nil)
	if err != nil || len(list) != 1 || list[0].ID != second.ID {
		t.Fatalf("newest: %+v, %v", list, err)
	}
	list, err = v.List(ctx, 5, &serving.RunMark{CreatedAt: list[0].CreatedAt, ID: list[0].ID})
	if err != nil || len(list) != 1 || list[0].ID != first.ID {
		t.Errorf("the rest: %+v, %v", list, err)
	}
}

// TestRequestTogether: of many requests at once one makes the run, and all are
// told of the same.
func TestRequestTogether(t *testing.T) {
	_, v := newLayers(t)
	var all sync.WaitGroup
	var lock sync.Mutex
	ids, made := map[string]int{}, 0
	for range 12 {
		all.Go(func() {
			run, mine, err := v.Request(t.Context(), "")
			if err != nil {
				t.Error(err)
			}
			lock.Lock()
			defer lock.Unlock()
			ids[run.ID]++
			if mine {
				made++
			}
		})
	}
	all.Wait()
	if len(ids) != 1 || made != 1 {
		t.Errorf("%d runs, made by %d requests: %v", len(ids), made, ids)
	}
}

func TestEstimate(t *testing.T) {
	l, v := newLayers(t)
	ctx := t.Context()
	if _, err := v.Estimate(ctx); !errors.Is(err, serving.ErrNoEstimate) {
		t.Errorf("before any: %v", err)
	}
	exec(t, l.batch, `INSERT INTO batch_estimate (estimated_at, graph, pages, links, events, memory, files, tables, retained, phase_seconds, measured, refused)
		VALUES ($1, 2, 10, 20, 30, 40, 50, 60, 70, '{"archive": 1, "fold": 2, "rank": 3, "publish": 4}', true, 'no room')`, epoch)
	e, err := v.Estimate(ctx)
	if err != nil || !e.At.Equal(epoch) || *e.Graph != 2 || e.Pages != 10 || e.Links != 20 || e.Events != 30 || e.Memory != 40 ||
		e.Files != 50 || e.Tables != 60 || e.Retained != 70 || e.Seconds.Total() != 10 || !e.Measured || e.Refused != "no room" {
		t.Errorf("%+v, %v", e, err)
	}
}
