package pagerank

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"freshrank/pagerank/csr"
)

// solver holds the vectors of one run: 24 bytes a page, beside the transposed
// graph's 8 bytes a page and 4 a link.
type solver struct {
	p       Problem
	o       Options
	in      *csr.Graph
	members int
	bounds  []int    // chunk c is the pages bounds[c] … bounds[c+1]−1
	parts   []totals // by chunk

	x     []float64 // the vector that is being certified
	share []float64 // α·x/d: what each link of a page carries
	next  []float64 // (1−α)·1 + αPᵀx
}

// totals are what a sweep adds up, in one chunk or in all.
type totals struct {
	x, xDangling       compensated
	next, nextDangling compensated
	plus, minus        compensated
	maxPlus, maxMinus  float64
}

func newSolver(p Problem, o Options) (*solver, error) {
	o, err := o.WithDefaults()
	if err != nil {
		return nil, err
	}
	if err := p.validate(o.Start); err != nil {
		return nil, err
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	n := p.Out.Pages()
	s := &solver{p: p, o: o, members: n}
	if p.Member != nil {
		s.members = 0
		for _, m := range p.Member {
			if m {
				s.members++
			}
		}
	}
	if s.members == 0 {
		return nil, ErrNoPages
	}
	s.in = p.Out.Transpose()
	s.bounds = chunks(s.in)
	s.parts = make([]totals, len(s.bounds)-1)
	s.x, s.share, s.next = make([]float64, n), make([]float64, n), make([]float64, n)
	return s, nil
}

func (s *solver) ranked(v int) bool { return s.p.Member == nil || s.p.Member[v] }

// chunks cuts the rows of g into runs of about equal work.
func chunks(g *csr.Graph) []int {
	const work, page = 1 << 16, 4 // a page costs about as much as four links
	bounds, since := []int{0}, 0
	for v := range g.Pages() {
		since += page + g.Degree(uint32(v))
		if since >= work {
			bounds, since = append(bounds, v+1), 0
		}
	}
	if bounds[len(bounds)-1] < g.Pages() {
		bounds = append(bounds, g.Pages())
	}
	return bounds
}

// spread sets x to k·next and computes what each link carries.
func (s *solver) spread(k float64) {
	s.parallel(context.Background(), func(c int) {
		for v := s.bounds[c]; v < s.bounds[c+1]; v++ {
			s.x[v] = k * s.next[v]
			s.share[v] = 0
			if d := s.p.Out.Degree(uint32(v)); d > 0 {
				s.share[v] = s.o.Damping * s.x[v] / float64(d)
			}
		}
	})
}

// pull computes next from x, and the sums of both and of the residual next−x.
// The result is meaningless if ctx has ended.
func (s *solver) pull(ctx context.Context) totals {
	s.parallel(ctx, s.pullChunk)
	var all totals
	for _, part := range s.parts { // in order, whoever computed them
		all.merge(part)
	}
	return all
}

func (s *solver) pullChunk(c int) {
	var t totals
	rest := 1 - s.o.Damping
	for v := s.bounds[c]; v < s.bounds[c+1]; v++ {
		if !s.ranked(v) {
			continue // next stays 0, as x does
		}
		row := s.in.Row(uint32(v))
		next := rest + sumRow(s.share, row)
		s.next[v] = next
		r := next - s.x[v]
		e := unit * (roundings(len(row))*math.Abs(next) + math.Abs(r))
		t.plus.add(max(r, 0) + e)
		t.minus.add(max(-r, 0) + e)
		t.maxPlus = max(t.maxPlus, r+e)
		t.maxMinus = max(t.maxMinus, e-r)
		t.x.add(s.x[v])
		t.next.add(next)
		if s.p.Out.Degree(uint32(v)) == 0 {
			t.xDangling.add(s.x[v])
			t.nextDangling.add(next)
		}
	}
	s.parts[c] = t
}

func (t *totals) merge(u totals) {
	t.x.merge(u.x)
	t.xDangling.merge(u.xDangling)
	t.next.merge(u.next)
	t.nextDangling.merge(u.nextDangling)
	t.plus.merge(u.plus)
	t.minus.merge(u.minus)
	t.maxPlus = max(t.maxPlus, u.maxPlus)
	t.maxMinus = max(t.maxMinus, u.maxMinus)
}

// parallel calls do for every chunk, each once, and returns when all calls have.
// Once ctx has ended, it leaves the remaining chunks out.
func (s *solver) parallel(ctx context.Context, do func(chunk int)) {
	var next atomic.Int64
	work := func() {
		for ctx.Err() == nil {
			c := int(next.Add(1)) - 1
			if c >= len(s.parts) {
				return
			}
			do(c)
		}
	}
	var group sync.WaitGroup
	for range min(s.o.Workers, len(s.parts)) - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
}
