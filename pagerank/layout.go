package pagerank

import (
	"fmt"
	"runtime"

	"freshrank/pagerank/csr"
)

// Solver is a graph laid out for [Solver.Rank]: 8 bytes a link and 20 a page. It is
// immutable; several calls of Rank may share it.
//
// Pages are renumbered by place: strongly connected components in topological
// order, and within one the order of [findComponents]. Links into a place come in
// two parts: those from earlier components, which are followed once for all sweeps
// within the component, and those from the component itself.
type Solver struct {
	p        Problem
	order    []uint32   // the page at a place
	outer    *csr.Graph // by place: links from earlier components
	inner    *csr.Graph // by place: links from the own component; see block for places ≥ len(order)
	steps    []step     // in the order in which they depend on each other
	bounds   []int      // chunks of places of about equal work
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
	links  int     // inner links
	back   float64 // share of inner links that a sweep follows before their source is swept
	lanes  [][]int // large blocks only: bounds of the rounds of each lane
}

// NewSolver checks p and lays it out. The layout does not depend on the number of
// workers, which is GOMAXPROCS.
func NewSolver(p Problem) (*Solver, error) {
	members, err := p.validate()
	if err != nil {
		return nil, fmt.Errorf("lay out graph: %w", err)
	}
	s := &Solver{p: p, workers: runtime.GOMAXPROCS(0)}
	in := p.Out.Transpose()
	found, levels := findComponents(in, p.ranked).byLevel(func(u uint32) bool { return p.Out.Degree(u) == 0 })
	if len(found.order) != members {
		panic("pagerank: a page without a component")
	}
	regroup(in, found, p.Out.Degree)
	s.order = found.order
	s.place(in, found)
	s.plan(found, levels)
	return s, nil
}

// plain lays p out as it is, for a single sweep.
func plain(p Problem) (*Solver, error) {
	members, err := p.validate()
	if err != nil {
		return nil, err
	}
	s := &Solver{p: p, workers: runtime.GOMAXPROCS(0), order: make([]uint32, 0, members)}
	in := p.Out.Transpose()
	for u := range in.Pages() {
		if p.ranked(u) {
			s.order = append(s.order, uint32(u))
		}
	}
	s.place(in, components{order: s.order, end: []uint32{uint32(members)}, outer: make([]uint32, in.Pages())})
	return s, nil
}

// place fills outer and inner: the rows of in, renumbered.
func (s *Solver) place(in *csr.Graph, c components) {
	n := len(c.order)
	at := make([]uint32, in.Pages()) // the place of a page
	first := make([]uint32, n)       // where the component of a place begins
	s.outer = &csr.Graph{Start: make([]uint64, n+1)}
	s.inner = &csr.Graph{Start: make([]uint64, n+1)}
	for i := range c.end {
		for v := c.begin(i); v < c.end[i]; v++ {
			u := c.order[v]
			at[u], first[v] = v, c.begin(i)
			outer := uint64(c.outer[u])
			if s.p.Out.Degree(u) == 0 {
				s.dangling++
			}
			s.outer.Start[v+1] = s.outer.Start[v] + outer
			s.inner.Start[v+1] = s.inner.Start[v] + uint64(in.Degree(u)) - outer
		}
	}
	s.outer.Target = make([]uint32, s.outer.Start[n])
	s.inner.Target = make([]uint32, s.inner.Start[n])
	s.bounds = chunks(n, 1<<16, func(v int) int { return in.Degree(c.order[v]) })
	each(s.workers, len(s.bounds)-1, func(chunk int) {
		for v := s.bounds[chunk]; v < s.bounds[chunk+1]; v++ {
			inner, outer := s.inner.Row(uint32(v)), s.outer.Row(uint32(v))
			begin := first[v]
			for _, u := range in.Row(c.order[v]) {
				if w := at[u]; w >= begin { // what leads here lies before the end of the component
					inner[0], inner = w, inner[1:]
				} else {
					outer[0], outer = w, outer[1:]
				}
			}
		}
	})
}

// A component of this many inner links is solved by all workers together.
const largeBlock = 1 << 18

// plan cuts the components into steps.
func (s *Solver) plan(c components, levels []int) {
	next := 0
	for _, end := range levels {
		var small []block
		for ; next < end; next++ {
			b := block{lo: int(c.begin(next)), hi: int(c.end[next])}
			b.links = int(s.inner.Start[b.hi] - s.inner.Start[b.lo])
			switch {
			case b.links >= largeBlock:
				s.divide(&b)
				s.steps = append(s.steps, step{blocks: []block{b}, large: true})
			case b.links == 0 && len(small) > 0 && small[len(small)-1].links == 0 && small[len(small)-1].hi == b.lo && b.lo-small[len(small)-1].lo < 1<<12:
				small[len(small)-1].hi = b.hi
			default:
				small = append(small, b)
			}
		}
		if len(small) > 0 {
			s.steps = append(s.steps, step{blocks: small})
		}
	}
	each(s.workers, len(s.steps), func(i int) {
		for k := range s.steps[i].blocks {
			s.measure(&s.steps[i].blocks[k])
		}
	})
}

// measure sets b.back.
func (s *Solver) measure(b *block) {
	if b.links == 0 {
		return
	}
	back := 0
	for v := b.lo; v < b.hi; v++ {
		for _, u := range s.inner.Row(uint32(v)) {
			if int(u) >= v {
				back++
			}
		}
	}
	b.back = max(float64(back)/float64(b.links), 0.05)
}
