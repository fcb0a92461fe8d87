package incremental

import (
	"math"

	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// Served is what is said of a page to those who ask.
type Served struct {
	Status linkgraph.Status
	Target link.Page // of an Alias: where it leads in the end; link.NoPage otherwise
	X      float64   // x̃ = x̂ + r
	HasX   bool      // false: the page has no rank
}

// published remembers what was handed out last, beside what stands in the nodes: at
// first, by the base generation.
type published struct {
	targets map[link.Page]link.Page // of aliases
	baseX   sparse[float64]         // of pages with isTold: what the base generation serves, NaN for none
	xMax    float64
	xMaxOf  link.Page
}

func newPublished() published {
	return published{targets: map[link.Page]link.Page{}, xMaxOf: link.NoPage}
}

// served returns x̃ of p.
func (e *Engine) served(p link.Page) float64 { return e.nodes[p].x + e.residuals[p].r }

// Page returns what is to be said of p now.
func (e *Engine) Page(p link.Page) Served {
	s := Served{Target: link.NoPage}
	if int(p) >= len(e.nodes) {
		return s
	}
	n := &e.nodes[p]
	if s.HasX = n.flags&isMember != 0; s.HasX {
		s.X = e.served(p)
	}
	switch {
	case n.flags&isAlias != 0:
		s.Status, s.Target = linkgraph.Alias, e.forward[p].root
	case n.flags&isGone != 0:
		s.Status = linkgraph.Gone
	case s.HasX:
		s.Status = linkgraph.Ranked
	}
	return s
}

// Changed calls fn, in ascending order, for every page of which something else is
// to be said than fn was last told, or the base generation says: another status
// or target, or a served value further than the slack from the one told. fn's word
// counts as given when Changed returns.
func (e *Engine) Changed(fn func(link.Page, Served)) {
	lostMax := false
	for i := range e.shards {
		e.shards[i].eachMoved(func(p link.Page) {
			now, n := e.Page(p), &e.nodes[p]
			if !e.differs(p, now) {
				e.shards[i].setBand(p)
				return
			}
			switch {
			case now.HasX && now.X >= e.xMax:
				e.xMax, e.xMaxOf = now.X, p
			case p == e.xMaxOf:
				lostMax = true
			}
			if n.flags&isTold == 0 {
				n.flags |= isTold
				e.baseX.set(p, n.told)
			}
			e.record(p, now)
			e.shards[i].setBand(p)
			fn(p, now)
		})
	}
	if lostMax {
		e.findMax()
	}
}

func (e *Engine) differs(p link.Page, now Served) bool {
	n := &e.nodes[p]
	if now.Status != n.status || now.HasX == math.IsNaN(n.told) {
		return true
	}
	if now.Status == linkgraph.Alias {
		return e.targets[p] != now.Target
	}
	return now.HasX && math.Abs(now.X-n.told) > e.slack*n.told
}

func (e *Engine) record(p link.Page, s Served) {
	n := &e.nodes[p]
	n.told = math.NaN()
	if s.HasX {
		n.told = s.X
	}
	if s.Status == linkgraph.Alias {
		e.targets[p] = s.Target
	} else if n.status == linkgraph.Alias {
		delete(e.targets, p)
	}
	n.status = s.Status
}

// BaseX returns the value that the base generation serves for p; false if p has
// no rank there.
func (e *Engine) BaseX(p link.Page) (float64, bool) {
	if int(p) >= len(e.nodes) {
		return 0, false
	}
	x := e.nodes[p].told
	if e.nodes[p].flags&isTold != 0 {
		x = e.baseX.get(p)
	}
	return x, !math.IsNaN(x)
}

// XMax returns the greatest served value as of the last Changed.
func (e *Engine) XMax() float64 { return e.xMax }

func (e *Engine) findMax() {
	e.xMax, e.xMaxOf = 0, link.NoPage
	for p := range e.nodes {
		if told := e.nodes[p].told; told > e.xMax { // not if NaN
			e.xMax, e.xMaxOf = told, link.Page(p)
		}
	}
}
