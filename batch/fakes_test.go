package batch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memoryFiles is Files without a disk.
type memoryFiles struct {
	mu     sync.Mutex
	graphs map[int64]memoryGraph
	ranks  map[int64]map[link.PageKey]float64
	fail   error // of the next WriteRanks
}

type memoryGraph struct {
	g   *linkgraph.Graph
	cut link.Offsets
}

func newMemoryFiles() *memoryFiles {
	return &memoryFiles{graphs: map[int64]memoryGraph{}, ranks: map[int64]map[link.PageKey]float64{}}
}

func (f *memoryFiles) Generations(context.Context) ([]int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.graphs)), nil
}

func (f *memoryFiles) GraphSize(_ context.Context, n int64) (GraphSize, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.graphs[n]
	return GraphSize{Pages: int64(g.g.Pages()), Links: int64(g.g.Links.Links()), Cut: g.cut}, nil
}

func (f *memoryFiles) LatestGraph(ctx context.Context) (int64, bool, error) {
	all, _ := f.Generations(ctx)
	if len(all) == 0 {
		return 0, false, nil
	}
	return all[len(all)-1], true, nil
}

func (f *memoryFiles) LatestRanks(context.Context) (int64, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := slices.Sorted(maps.Keys(f.ranks))
	if len(all) == 0 {
		return 0, false, nil
	}
	return all[len(all)-1], true, nil
}

func (f *memoryFiles) Fold(_ context.Context, base, n int64, cut link.Offsets, _ time.Time,
	events func(func(*link.Event) error) error, progress func(done, total int64),
) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := linkgraph.NewOverlay(f.graphs[base].g)
	err := events(func(e *link.Event) error {
		o.Apply(e)
		return nil
	})
	if err != nil {
		return err
	}
	progress(1, 1)
	f.graphs[n] = memoryGraph{o.Graph(), cut}
	return nil
}

func (f *memoryFiles) ReadGraph(_ context.Context, n int64) (*linkgraph.Graph, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.graphs[n].g, nil
}

func (f *memoryFiles) ReadRanks(_ context.Context, n int64, g *linkgraph.Graph) (x, residual []float64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	x = make([]float64, g.Pages())
	for p := range x {
		x[p] = f.ranks[n][g.Key(link.Page(p))]
	}
	return x, make([]float64, g.Pages()), nil
}

func (f *memoryFiles) WriteRanks(_ context.Context, n int64, g *linkgraph.Graph, _ []bool, r *pagerank.Result, _ Parameters, _ link.Offsets) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fail; err != nil {
		f.fail = nil
		return err
	}
	f.ranks[n] = map[link.PageKey]float64{}
	for p, x := range r.X {
		f.ranks[n][g.Key(link.Page(p))] = x
	}
	return nil
}

func (f *memoryFiles) Remove(_ context.Context, n int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.graphs, n)
	delete(f.ranks, n)
	return nil
}

func (f *memoryFiles) Claim(context.Context) error { return nil }
func (f *memoryFiles) Clean(context.Context) error { return nil }

// memoryLog is a Log of one partition.
type memoryLog struct {
	mu       sync.Mutex
	events   []link.Event
	archived link.Offsets
	down     error
}

func (l *memoryLog) End(context.Context) (link.Offsets, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return link.Offsets{int64(len(l.events))}, l.down
}

func (l *memoryLog) Archived(context.Context) (link.Offsets, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.archived, nil
}

func (l *memoryLog) Archive(_ context.Context, upTo link.Offsets, progress func(done, total int64)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.archived = upTo
	progress(1, 1)
	return nil
}

func (l *memoryLog) Events(ctx context.Context, from, to link.Offsets, fn func(*link.Event) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.archived.Covers(to) {
		return errors.New("events that were not archived are asked for")
	}
	for i := from.At(0); i < to.At(0); i++ {
		if err := errors.Join(ctx.Err(), fn(&l.events[i])); err != nil {
			return err
		}
	}
	return nil
}

// crawl appends a page.crawled event.
func (l *memoryLog) crawl(page string, targets ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := link.Event{ID: fmt.Sprint(len(l.events)), Source: "test", Type: link.PageCrawled, URL: page,
		Time: time.Unix(int64(len(l.events))+1, 0).UTC()}
	slices.Sort(targets)
	for _, t := range targets {
		e.Links = append(e.Links, link.Link{URL: t})
	}
	l.events = append(l.events, e)
}

// gone appends a page.gone event.
func (l *memoryLog) gone(page string) {
	l.crawl(page)
	l.events[len(l.events)-1].Type = link.PageGone
}

// memoryView is a View without Postgres; its own tests are those of package view.
type memoryView struct {
	mu        sync.Mutex
	epoch     int64
	held      *memoryLease
	runs      []Run
	created   []time.Time
	cancel    map[string]bool
	published []Publication
	past      []Past
	forecast  Estimate
	kept      []int64 // what Retire says; nil: the newest

	reported func(Run) bool // called with every report; true: cancel
	publish  func() error   // called by Publish first
	down     error          // of everything but Acquire
}

type memoryLease struct {
	v          *memoryView
	epoch      int64
	wake, lost chan struct{}
	once       sync.Once
}

func (l *memoryLease) Epoch() int64          { return l.epoch }
func (l *memoryLease) Wake() <-chan struct{} { return l.wake }
func (l *memoryLease) Lost() <-chan struct{} { return l.lost }
func (l *memoryLease) Release(context.Context) error {
	l.v.mu.Lock()
	defer l.v.mu.Unlock()
	l.drop()
	return nil
}

func (l *memoryLease) drop() {
	l.once.Do(func() { close(l.lost) })
	if l.v.held == l {
		l.v.held = nil
	}
}

func (v *memoryView) Acquire(context.Context) (Lease, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held != nil {
		return nil, ErrLeaseHeld
	}
	v.epoch++
	for i := range v.runs {
		if v.runs[i].State == Running {
			v.runs[i].State, v.runs[i].Error = Failed, "abandoned"
		}
	}
	v.held = &memoryLease{v: v, epoch: v.epoch, wake: make(chan struct{}, 1), lost: make(chan struct{})}
	return v.held, nil
}

func (v *memoryView) Request(_ context.Context, q Request) (Run, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range v.runs {
		if r.State.Open() {
			return Run{}, &OpenError{r.ID}
		}
	}
	r := Run{ID: fmt.Sprint("run-", len(v.runs)), Trigger: q.Trigger, ScheduledFor: q.ScheduledFor, State: Queued}
	v.runs, v.created = append(v.runs, r), append(v.created, q.At)
	if v.held != nil {
		select {
		case v.held.wake <- struct{}{}:
		default:
		}
	}
	return r, v.down
}

func (v *memoryView) Take(_ context.Context, epoch int64) (Run, bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range v.runs {
		if r := &v.runs[i]; r.State == Queued && v.epoch == epoch && v.down == nil {
			r.State, r.Phase = Running, PhaseArchive
			return *r, true, nil
		}
	}
	return Run{}, false, v.down
}

func (v *memoryView) Report(_ context.Context, epoch int64, id string, p Progress) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.find(id)
	if r.State != Running || v.epoch != epoch {
		return false, ErrFenced
	}
	if p.Done < r.Done {
		panic("progress fell")
	}
	r.Progress = p
	if v.reported != nil && v.reported(*r) {
		v.cancel[id] = true
	}
	return v.cancel[id], v.down
}

func (v *memoryView) find(id string) *Run {
	return &v.runs[slices.IndexFunc(v.runs, func(r Run) bool { return r.ID == id })]
}

func (v *memoryView) Finish(_ context.Context, epoch int64, id string, s State, reason string, p Progress) (bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.find(id)
	if r.State != Running || v.epoch != epoch {
		return false, nil
	}
	r.State, r.Error, r.Progress = s, reason, p
	return true, nil
}

func (v *memoryView) Run(_ context.Context, id string) (Run, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return *v.find(id), nil
}

func (v *memoryView) LastRun(context.Context) (time.Time, bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var last time.Time
	for i, r := range v.runs {
		last = latest(last, latest(v.created[i], r.ScheduledFor))
	}
	return last, !last.IsZero(), nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (v *memoryView) Newest(context.Context) (Generation, bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.published) == 0 {
		return Generation{}, false, v.down
	}
	return v.published[len(v.published)-1].Generation, true, v.down
}

func (v *memoryView) Publish(ctx context.Context, epoch int64, p *Publication, progress func(float64, int)) error {
	v.mu.Lock()
	first := v.publish
	v.mu.Unlock()
	if first != nil {
		if err := first(); err != nil {
			return err
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	r := v.find(p.Run)
	switch {
	case v.epoch != epoch:
		return ErrFenced
	case v.cancel[r.ID]:
		return ErrCancelled
	case ctx.Err() != nil:
		return ctx.Err()
	}
	progress(1, p.Rows)
	r.State, r.Phase, r.Done = Succeeded, PhaseDone, 1
	v.published = append(v.published, *p)
	return nil
}

func (v *memoryView) Timed(_ context.Context, id string, s Seconds) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	g := v.published[len(v.published)-1]
	v.past = append([]Past{{Pages: g.KnownPages, Links: g.Links, Events: v.find(id).Events, Took: s}}, v.past...)
	return v.down
}

func (v *memoryView) Past(context.Context) ([]Past, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.past), v.down
}

func (v *memoryView) Forecast(_ context.Context, epoch int64, e Estimate) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.epoch != epoch {
		return ErrFenced
	}
	v.forecast = e
	return v.down
}

func (v *memoryView) Retire(_ context.Context, keep int) ([]int64, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	kept := slices.Clone(v.kept)
	for _, p := range v.published[max(0, len(v.published)-keep):] {
		kept = append(kept, p.Number)
	}
	return kept, nil
}
