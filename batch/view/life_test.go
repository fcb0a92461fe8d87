package view

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"freshrank/batch"
	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// folder is batch.Files and batch.Log in one, in memory. Archive waits at the
// gate if there is one.
type folder struct {
	mu     sync.Mutex
	graphs map[int64]*linkgraph.Graph
	cuts   map[int64]link.Offsets
	events []link.Event
	gate   func(context.Context) error
}

func newFolder() *folder {
	f := &folder{graphs: map[int64]*linkgraph.Graph{}, cuts: map[int64]link.Offsets{}}
	for i := range 3 {
		f.events = append(f.events, link.Event{ID: fmt.Sprint(i), Source: "test", Type: link.PageCrawled, Time: time.Unix(1, 0),
			URL: fmt.Sprintf("http://%d.example/", i), Links: []link.Link{{URL: fmt.Sprintf("http://%d.example/", i+1)}}})
	}
	return f
}

func (f *folder) Generations(context.Context) (all []int64, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for g := range int64(100) {
		if f.graphs[g] != nil {
			all = append(all, g)
		}
	}
	return all, nil
}

func (f *folder) LatestGraph(ctx context.Context) (int64, bool, error) {
	all, _ := f.Generations(ctx)
	if len(all) == 0 {
		return 0, false, nil
	}
	return all[len(all)-1], true, nil
}

func (f *folder) GraphSize(_ context.Context, n int64) (batch.GraphSize, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return batch.GraphSize{Pages: int64(f.graphs[n].Pages()), Links: int64(f.graphs[n].Links.Links()), Cut: f.cuts[n]}, nil
}

func (f *folder) Fold(_ context.Context, base, n int64, cut link.Offsets, _ time.Time,
	events func(func(*link.Event) error) error, _ func(done, total int64),
) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := linkgraph.NewOverlay(f.graphs[base])
	err := events(func(e *link.Event) error {
		o.Apply(e)
		return nil
	})
	f.graphs[n], f.cuts[n] = o.Graph(), cut
	return err
}

func (f *folder) ReadGraph(_ context.Context, n int64) (*linkgraph.Graph, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.graphs[n], nil
}

func (f *folder) Remove(_ context.Context, n int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.graphs, n)
	return nil
}

func (f *folder) Claim(context.Context) error                      { return nil }
func (f *folder) Clean(context.Context) error                      { return nil }
func (f *folder) LatestRanks(context.Context) (int64, bool, error) { return 0, false, nil }
func (f *folder) Archived(context.Context) (link.Offsets, error)   { return nil, nil }

func (f *folder) End(context.Context) (link.Offsets, error) {
	return link.Offsets{int64(len(f.events))}, nil
}

func (f *folder) ReadRanks(context.Context, int64, *linkgraph.Graph) (x, residual []float64, err error) {
	return nil, nil, nil
}

func (f *folder) WriteRanks(context.Context, int64, *linkgraph.Graph, []bool, *pagerank.Result, batch.Parameters, link.Offsets) error {
	return nil
}

func (f *folder) Archive(ctx context.Context, _ link.Offsets, _ func(done, total int64)) error {
	f.mu.Lock()
	gate := f.gate
	f.mu.Unlock()
	if gate == nil {
		return nil
	}
	return gate(ctx)
}

func (f *folder) Events(_ context.Context, from, to link.Offsets, fn func(*link.Event) error) error {
	for i := from.At(0); i < to.At(0); i++ {
		if err := fn(&f.events[i]); err != nil {
			return err
		}
	}
	return nil
}

// start runs a runner until the test ends.
func (h *house) start(f *folder) (stop func()) {
	h.t.Helper()
	r, err := batch.NewRunner(batch.Options{Files: f, Log: f, View: h.View, Poll: 20 * time.Millisecond})
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.Run(ctx); err != nil {
			h.t.Error(err)
		}
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	h.t.Cleanup(stop)
	return stop
}

func (h *house) killLeaseHolder() {
	h.exec(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
		AND ((classid::bigint << 32) | objid::bigint) = hashtextextended($1 || ':batch', 0)`, h.db.Name)
}

const states = `(SELECT string_agg(trigger || ' ' || state, ', ' ORDER BY created_at) FROM batch_run)`

func TestLifeOfTwoRunners(t *testing.T) {
	h := newHouse(t)
	f := newFolder()
	stuck := make(chan struct{}, 10)
	f.gate = func(ctx context.Context) error {
		stuck <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	stopOne := h.start(f)
	<-stuck
	stopTwo := h.start(f) // stands by: the files are shared
	// The active one loses its connection in the middle of its run. One of the two
	// takes over, abandons the run and begins anew.
	h.killLeaseHolder()
	<-stuck
	h.await(`SELECT ` + states + ` = 'first failed, first running'`)

	// Cancelled through the API, while it is stuck.
	f.mu.Lock()
	f.gate = nil
	f.mu.Unlock()
	if _, err := h.db.Serving.Exec(t.Context(), `SELECT batch_cancel_run(id) FROM batch_run WHERE state = 'running'`); err != nil {
		t.Fatal(err)
	}
	h.await(`SELECT ` + states + ` = 'first failed, first cancelled'`)

	// And asked for again.
	if _, err := h.db.Serving.Exec(t.Context(), `SELECT batch_request_run(NULL)`); err != nil {
		t.Fatal(err)
	}
	h.await(`SELECT ` + states + ` = 'first failed, first cancelled, manual succeeded'`)
	var generation, pages int64
	h.scan(`SELECT generation, pages FROM batch_pointer JOIN batch_generation USING (generation)`, &generation, &pages)
	if generation != 1 || pages != 4 {
		t.Errorf("generation %d of %d pages", generation, pages)
	}
	stopOne()
	stopTwo()
	h.lease() // free at once
}

func TestStopAndRestart(t *testing.T) {
	h := newHouse(t)
	f := newFolder()
	stuck := make(chan struct{}, 1)
	f.gate = func(ctx context.Context) error {
		stuck <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	stop := h.start(f)
	<-stuck
	stop()
	h.await(`SELECT ` + states + ` = 'first queued'`)
	f.gate = nil
	h.start(f)
	h.await(`SELECT ` + states + ` = 'first succeeded'`)
}
