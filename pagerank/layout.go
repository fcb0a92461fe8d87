package pagerank

import (
	"fmt"
	"runtime"
	"slices"
	"sync"

	"freshrank/pagerank/csr"
	"freshrank/pagerank/parallel"
)

// Solver is a graph laid out for [Solver.Rank]: 4 bytes a link and 20 a page, beside the
// problem's graph, which it keeps. It is immutable; several calls of Rank may share it.
//
// Pages are renumbered by place: strongly connected components in topological
// order, and within one the order of [findComponents] or of [regroup]. The links into a
// place ascend. So those from earlier components come first, which are followed once
// for all sweeps within the component, and then those from the component itself.
type Solver struct {
	p        Problem
	order    []uint32   // the page at a place
	in       *csr.Graph // by place: links into it; see block for places ≥ len(order)
	own      []uint64   // by place: where in in.Target links from the own component begin
	steps    []step     // in the order in which they depend on each other
	bounds   []int      // chunks of places of about equal work
	links    int        // links within components
	dangling int        // pages without links
	workers  int        // that built it
}

// step is a run of places that depend on earlier steps only. Either it is one large
// component, which all workers solve together, or a run of components that do not
// depend on each other, each solved by one worker.
type step struct {
	blocks []block
	large  bool
}

// block is a range of places to be solved together: a component with inner links,
// or a run of single pages without any.
type block struct {
	lo, hi int
	outer  int     // links from earlier blocks
	links  int     // inner links
	back   float64 // share of inner links that a sweep follows before their source is swept
	lanes  [][]int // large blocks only: bounds of the rounds of each lane
	glides bool    // most sweeps are by glide
}

// NewSolver checks p and lays it out. The layout does not depend on the number of
// workers, which is GOMAXPROCS.
func NewSolver(p Problem) (*Solver, error) {
	members, err := p.validate()
	if err != nil {
		return nil, fmt.Errorf("lay out graph: %w", err)
	}
	s := &Solver{p: p, workers: runtime.GOMAXPROCS(0)}
	var found components
	var turn *csr.Turn
	if hubs(p.Out) {
		found, turn = p.byDegree(), p.Out.Turn(s.workers)
	} else {
		// The search is for one processor; another can do what does not wait for it.
		var beside sync.WaitGroup
		beside.Go(func() { turn = p.Out.Turn(1) })
		found = findComponents(p.Out, p.ranked)
		regroup(p.Out, found)
		beside.Wait()
	}
	if len(found.order) != members {
		panic("pagerank: a page without a component")
	}
	s.place(found.order, turn)
	s.split(found)
	s.plan(found)
	return s, nil
}

// plain lays p out as it is, for a single sweep.
func plain(p Problem) (*Solver, error) {
	members, err := p.validate()
	if err != nil {
		return nil, err
	}
	order := make([]uint32, 0, members)
	for u := range p.Out.Pages() {
		if p.ranked(u) {
			order = append(order, uint32(u))
		}
	}
	s := &Solver{p: p, workers: runtime.GOMAXPROCS(0)}
	s.place(order, p.Out.Turn(s.workers))
	return s, nil
}

// place gives pages their places.
func (s *Solver) place(order []uint32, turn *csr.Turn) {
	s.order, s.in = order, turn.By(order)
	s.bounds = chunks(len(order), 1<<16, func(v int) int { return s.in.Degree(uint32(v)) })
	for _, u := range order {
		if s.p.Out.Degree(u) == 0 {
			s.dangling++
		}
	}
}

// split finds where in each row the links from the own component begin.
func (s *Solver) split(c components) {
	s.own = make([]uint64, len(s.order))
	parallel.Each(s.workers, len(s.bounds)-1, func(chunk int) {
		from, to := s.bounds[chunk], s.bounds[chunk+1]
		i, _ := slices.BinarySearch(c.end, uint32(from)+1)
		for v := from; v < to; v++ {
			if int(c.end[i]) <= v {
				i++
			}
			row := s.in.Row(uint32(v))
			k, begin := 0, c.begin(i)
			if len(row) > 0 && row[0] < begin {
				k, _ = slices.BinarySearch(row, begin)
			}
			s.own[v] = s.in.Start[v] + uint64(k)
		}
	})
}

// inner returns the links into place v from its own component.
func (s *Solver) inner(v int) []uint32 { return s.in.Target[s.own[v]:s.in.Start[v+1]] }

// outer returns the links into place v from earlier components.
func (s *Solver) outer(v int) []uint32 { return s.in.Target[s.in.Start[v]:s.own[v]] }

// A component of this many inner links is solved by all workers together.
const largeBlock = 1 << 18

// A large component of this many inner links a page is swept by glide.
const dense = 32

// plan cuts the components into steps.
func (s *Solver) plan(c components) {
	var small []block
	flush := func() {
		if len(small) > 0 {
			s.steps = append(s.steps, step{blocks: small})
		}
		small = nil
	}
	for i := range c.end {
		if i > 0 && c.level[i] != c.level[i-1] {
			flush()
		}
		b := block{lo: int(c.begin(i)), hi: int(c.end[i])}
		for v := b.lo; v < b.hi; v++ {
			b.outer += int(s.own[v] - s.in.Start[v])
		}
		b.links = int(s.in.Start[b.hi]-s.in.Start[b.lo]) - b.outer
		s.links += b.links
		switch last := len(small) - 1; {
		case b.links >= largeBlock:
			s.divide(&b)
			b.glides = b.links >= dense*(b.hi-b.lo)
			s.steps = append(s.steps, step{blocks: []block{b}, large: true})
		case b.links == 0 && last >= 0 && small[last].links == 0 && small[last].hi == b.lo && b.lo-small[last].lo < 1<<12:
			small[last].hi = b.hi
			small[last].outer += b.outer
		default:
			small = append(small, b)
		}
	}
	flush()
	parallel.Each(s.workers, len(s.steps), func(i int) {
		for k := range s.steps[i].blocks {
			if b := &s.steps[i].blocks[k]; b.lanes == nil && b.links > 0 {
				b.setBack(s.backward(b.lo, b.hi))
			}
		}
	})
}

// backward counts the inner links into the places from … to−1 that a sweep follows
// before their source is swept.
func (s *Solver) backward(from, to int) (count int) {
	for v := from; v < to; v++ {
		row := s.inner(v)
		k, _ := slices.BinarySearch(row, uint32(v))
		count += len(row) - k
	}
	return count
}

func (b *block) setBack(count int) { b.back = max(float64(count)/float64(b.links), 0.05) }
