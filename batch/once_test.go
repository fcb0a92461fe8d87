package batch

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"freshrank/pagerank/linkgraph"
)

func newGraph(t *testing.T) *linkgraph.Graph {
	t.Helper()
	b := linkgraph.NewBuilder()
	b.AddLink(pageA, pageC, 0)
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestRunOnceExecutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.log.crawl(pageA, pageB)
		var phases []Phase
		run, err := h.RunOnce(t.Context(), func(r Run) {
			if n := len(phases); n == 0 || phases[n-1] != r.Phase {
				phases = append(phases, r.Phase)
			}
		})
		if err != nil || run.State != Succeeded || run.Generation != 1 || run.Done != 1 {
			t.Errorf("%+v, %v", run, err)
		}
		if len(phases) != 4 || phases[3] != PhasePublish {
			t.Errorf("watched %v", phases)
		}
		if h.view.held != nil {
			t.Error("the lease is still held")
		}
		// What is queued while nobody is there is as good as one's own.
		h.request()
		if run, err = h.RunOnce(t.Context(), nil); err != nil || run.ID != "run-1" {
			t.Errorf("%+v, %v", run, err)
		}
	})
}

func TestRunOnceFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.log.crawl(pageA, pageB)
		other := newHouse(t)
		other.Runner.o.View = h.view
		h.during(func() {
			wait(time.Second)
			run, err := other.RunOnce(t.Context(), func(Run) {})
			if err != nil || run.State != Succeeded || run.Generation != 2 || len(other.files.graphs) != 0 {
				t.Errorf("%+v, %v; %d graphs of its own", run, err, len(other.files.graphs))
			}
			release := make(chan struct{})
			h.change(func() { h.view.publish = func() error { <-release; return nil } })
			h.request()
			synctest.Wait()
			var open *OpenError
			if _, err := other.RunOnce(t.Context(), nil); !errors.As(err, &open) || !errors.Is(err, ErrRunOpen) || open.ID != "run-2" {
				t.Errorf("while a run is open: %v", err)
			}
			close(release)
		})
	})
}

func TestRunOnceTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.log.crawl(pageA, pageB)
		// One that holds the lease and never looks at the queue again.
		lease, err := h.view.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			time.Sleep(time.Minute)
			if err := lease.Release(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		run, err := h.RunOnce(t.Context(), nil)
		if err != nil || run.State != Succeeded {
			t.Errorf("%+v, %v", run, err)
		}
	})
}

func TestRunOnceInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.log.crawl(pageA, pageB)
		ctx, stop := context.WithCancel(t.Context())
		h.view.publish = func() error { stop(); return ctx.Err() }
		if run, err := h.RunOnce(ctx, nil); !errors.Is(err, ErrCancelled) || run.State != Cancelled {
			t.Errorf("%+v, %v", run, err)
		}
		h.want("manual:cancelled")
		h.view.publish = func() error { return errors.New("disk quota exceeded") }
		if _, err := h.RunOnce(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "disk quota exceeded") {
			t.Errorf("failed run: %v", err)
		}
	})
}
