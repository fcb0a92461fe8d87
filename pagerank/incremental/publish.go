package incremental

import (
	"math"
	"slices"

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

// published remembers what was handed out last: at first, by the base
// generation.
type published struct {
	slack   float64   // relative change of a value that is worth handing out
	value   []float64 // NaN: no rank
	status  []linkgraph.Status
	told    map[link.Page]link.Page // target of aliases
	baseX   map[link.Page]float64   // of pages handed out since, NaN for none
	changed []link.Page             // those with isDirty
	xMax    float64
	xMaxOf  link.Page
}

func newPublished() published {
	return published{told: map[link.Page]link.Page{}, baseX: map[link.Page]float64{}, xMaxOf: link.NoPage}
}

func (e *Engine) startPublished() {
	for p := range link.Page(len(e.x)) {
		e.record(p, e.Page(p))
	}
	e.findMax()
}

func (e *Engine) growPublished(more int) {
	e.value = append(e.value, slices.Repeat([]float64{math.NaN()}, more)...)
	e.status = append(e.status, make([]linkgraph.Status, more)...)
}

func (e *Engine) dirty(p link.Page) {
	if e.flags[p]&isDirty == 0 {
		e.flags[p] |= isDirty
		e.changed = append(e.changed, p)
	}
}

// Page returns what is to be said of p now.
func (e *Engine) Page(p link.Page) Served {
	s := Served{Target: link.NoPage}
	if int(p) >= len(e.x) {
		return s
	}
	f := e.flags[p]
	if s.HasX = f&isMember != 0; s.HasX {
		s.X = e.x[p] + e.r[p]
	}
	switch {
	case f&isAlias != 0:
		s.Status, s.Target = linkgraph.Alias, e.forward[p].root
	case f&isGone != 0:
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
	slices.Sort(e.changed)
	lostMax := false
	for _, p := range e.changed {
		e.flags[p] &^= isDirty
		now := e.Page(p)
		if !e.differs(p, now) {
			continue
		}
		switch {
		case now.HasX && now.X >= e.xMax:
			e.xMax, e.xMaxOf = now.X, p
		case p == e.xMaxOf:
			lostMax = true
		}
		if _, ok := e.baseX[p]; !ok {
			e.baseX[p] = e.value[p]
		}
		e.record(p, now)
		fn(p, now)
	}
	e.changed = e.changed[:0]
	if lostMax {
		e.findMax()
	}
}

func (e *Engine) differs(p link.Page, now Served) bool {
	told := e.value[p]
	if now.Status != e.status[p] || now.HasX == math.IsNaN(told) {
		return true
	}
	if now.Status == linkgraph.Alias {
		return e.told[p] != now.Target
	}
	return now.HasX && math.Abs(now.X-told) > e.slack*told
}

func (e *Engine) record(p link.Page, s Served) {
	e.value[p], e.status[p] = math.NaN(), s.Status
	if s.HasX {
		e.value[p] = s.X
	}
	if s.Status == linkgraph.Alias {
		e.told[p] = s.Target
	} else {
		delete(e.told, p)
	}
}

// BaseX returns the value that the base generation serves for p; false if p has
// no rank there.
func (e *Engine) BaseX(p link.Page) (float64, bool) {
	x, ok := e.baseX[p]
	if !ok && int(p) < len(e.value) {
		x, ok = e.value[p], true
	}
	return x, ok && !math.IsNaN(x)
}

// XMax returns the greatest served value as of the last Changed.
func (e *Engine) XMax() float64 { return e.xMax }

func (e *Engine) findMax() {
	e.xMax, e.xMaxOf = 0, link.NoPage
	for p, value := range e.value {
		if value > e.xMax { // not if NaN
			e.xMax, e.xMaxOf = value, link.Page(p)
		}
	}
}
