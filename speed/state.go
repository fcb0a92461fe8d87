package speed

import (
	"context"
	"fmt"
	"slices"
	"time"

	"freshrank/pagerank/incremental"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// state is the ranks of one generation plus every event of the log before
// applied. It belongs to one goroutine at a time.
type state struct {
	gen     Generation
	overlay *linkgraph.Overlay
	engine  *incremental.Engine
	applied link.Offsets
	dead    map[position]struct{} // records set aside since the cut
	asOf    time.Time             // greatest claim made so far, see freshness
	settled bool                  // no push is due
	partly  bool                  // the last publication kept values back
	unsaid  int                   // pages whose status may have changed since the last publication that succeeded
	saying  int                   // how many of them the last one collected

	view     int64 // what it is published as; 0: not yet written
	switched bool  // serving reads that view
	sequence int64
	pending  map[link.Page]Row // changed since the last publication that succeeded
}

// load returns the state of a generation without any event.
func (l *Layer) load(ctx context.Context, gen Generation, epsilon float64) (*state, error) {
	g, x, residual, cut, err := l.opt.Loader.Load(ctx, gen.Number)
	if err != nil {
		return nil, fmt.Errorf("load generation %d: %w", gen.Number, err)
	}
	if !cut.Equal(gen.Cut) {
		return nil, fmt.Errorf("load generation %d: its files cover the log up to %v, its row in batch_generation says %v: "+
			"database and data folder belong to different installations", gen.Number, cut, gen.Cut)
	}
	engine, err := incremental.New(g, x, residual, incremental.Options{
		Damping: gen.Damping, Policy: gen.Policy, Epsilon: epsilon})
	if err != nil {
		return nil, fmt.Errorf("load generation %d: %w", gen.Number, err)
	}
	g.Index()
	return &state{
		gen: gen, overlay: linkgraph.NewOverlay(g), engine: engine, applied: gen.Cut.Clone(), asOf: gen.AsOf,
		dead: map[position]struct{}{}, pending: map[link.Page]Row{},
	}, nil
}

// adopt begins to make all events of another state's part of s, which has none yet: when
// what it returns is done, its overlay is that of s. The generation of s must not be older
// than o's: then what o lacks because it is behind is below the cut of s, and what s lacks
// is in o's overlay.
func (s *state) adopt(o *state) *linkgraph.Rebasing {
	s.applied = o.applied.Max(s.gen.Cut)
	s.asOf = later(s.asOf, o.asOf)
	for at := range o.dead {
		s.bury(at)
	}
	return o.overlay.BeginRebase(s.overlay.Base())
}

// apply folds what s does not include yet of a batch and returns how many events
// that were. It pushes nothing.
func (s *state) apply(b decoded) int {
	var changes []linkgraph.Change
	n, known := 0, s.overlay.Pages()
	for _, e := range b.events {
		if e.offset < s.applied.At(e.partition) {
			continue
		}
		n++
		if c, changed := s.overlay.Apply(e.Event); changed {
			changes = append(changes, c)
		}
	}
	for _, at := range b.dead {
		s.bury(at)
	}
	s.applied = s.applied.Max(b.next)
	s.engine.Update(changes, s.overlay.State)
	s.settled = s.settled && len(changes) == 0
	s.unsaid += len(changes) + s.overlay.Pages() - known
	return n
}

func (s *state) bury(at position) {
	if at.offset >= s.gen.Cut.At(at.partition) {
		s.dead[at] = struct{}{}
	}
}

func (s *state) set(pages []link.Page) {
	s.engine.SetAll(pages, s.overlay.State)
	s.settled = s.settled && len(pages) == 0
}

func (s *state) push(ctx context.Context, budget int64) {
	s.settled = s.engine.Push(ctx, budget)
}

func (s *state) setEpsilon(epsilon float64) {
	if epsilon != s.engine.Epsilon() {
		s.engine.SetEpsilon(epsilon)
		s.settled = false
	}
}

// collect adds to s.pending what is to be said of pages now: of all whose status has
// changed, and of the others the furthest off, about limit in all.
func (s *state) collect(limit int) {
	s.saying = s.unsaid
	all := s.engine.Changed(limit, func(p link.Page, now incremental.Served) {
		url := s.overlay.URL(p)
		host := link.HostOf(url)
		row := Row{Page: link.KeyOf(url), URL: url, Host: host, Domain: link.DomainOf(host), Status: now.Status}
		if now.Status == linkgraph.Alias {
			target := s.overlay.Key(now.Target)
			row.Target = &target
		}
		if now.HasX {
			row.X = &now.X
		}
		if x, ok := s.engine.BaseX(p); ok {
			row.BaseX = &x
		}
		s.pending[p] = row
	})
	s.partly = !all
}

// rows returns s.pending in the order of page keys.
func (s *state) rows() []Row {
	rows := make([]Row, 0, len(s.pending))
	for _, r := range s.pending {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b Row) int { return slices.Compare(a.Page[:], b.Page[:]) })
	return rows
}

// both returns the last position that a and b cover.
func both(a, b link.Offsets) link.Offsets {
	m := make(link.Offsets, len(a))
	for p := range m {
		m[p] = min(a[p], b.At(p))
	}
	return m
}

// header describes s as collect left it.
func (s *state) header(f freshness) Header {
	s.asOf = later(s.asOf, f.claim(s.applied))
	return Header{
		Generation: s.gen.Number, Sequence: s.sequence,
		Offsets: both(s.applied, f.read), End: f.end().Max(s.applied), AsOf: s.asOf,
		Events: s.gen.Cut.Behind(s.applied) - int64(len(s.dead)), DeadLetters: int64(len(s.dead)),
		Epsilon: s.engine.Epsilon(), Links: s.engine.Links(), XMax: s.engine.XMax(), Certificate: s.engine.Certificate(),
	}
}
