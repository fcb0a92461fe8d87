package incremental

import (
	"math"

	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
	"freshrank/pagerank/parallel"
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
	xMax    float64
	held    float64 // greatest relative distance from what was handed out that a limit kept back
}

func newPublished() published { return published{targets: map[link.Page]link.Page{}} }

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

// Changed calls fn, in ascending order, for pages of which something else is to be
// said than fn was last told, or the base generation says: those of another status or
// target, those that have gained or lost their rank, and of those whose served value
// is further than the slack from the one told the furthest, so many that all are about
// limit. fn's word counts as given when Changed returns. It returns whether that is all;
// what the limit keeps back comes with a later call, and until then the certificate's
// slack includes it.
func (e *Engine) Changed(limit int, fn func(link.Page, Served)) (all bool) {
	cuts := e.choose(limit)
	parallel.Each(e.opt.Workers, shards, func(i int) { e.shards[i].tell(cuts[i]) })
	e.xMax, e.held = 0, 0
	for i := range e.shards {
		s := &e.shards[i]
		e.xMax, e.held = max(e.xMax, s.xMax), max(e.held, s.held)
		for _, n := range s.news {
			e.remember(n.page, n.Served)
			fn(n.page, n.Served)
		}
		if s.news = s.news[:0]; cap(s.news) > 1<<14 {
			s.news = nil
		}
	}
	return e.held == 0
}

// remember keeps the target of an alias that is handed out.
func (e *Engine) remember(p link.Page, s Served) {
	if s.Status == linkgraph.Alias {
		e.targets[p] = s.Target
	} else if len(e.targets) > 0 {
		delete(e.targets, p)
	}
}

// news is what is to be said of a page.
type news struct {
	page link.Page
	Served
}

// The classes by which values are chosen that are to be handed out: how far they are
// from those told, in quarters of an octave above the slack. The highest has all that are
// further than 65,000 times that.
const classes = 64

// cut says which of a shard's values are to be handed out: all whose class is above
// class, and the first few of it.
type cut struct {
	class int
	few   int
}

// choose returns what limit allows each shard to hand out.
func (e *Engine) choose(limit int) (cuts [shards]cut) {
	for i := range cuts {
		cuts[i].class = -1 // everything
	}
	moved := 0
	for i := range e.shards {
		moved += e.shards[i].moved.count()
	}
	if moved <= limit {
		return cuts
	}
	var counts [shards][classes]int
	var others [shards]int
	parallel.Each(e.opt.Workers, shards, func(i int) { others[i] = e.shards[i].classes(&counts[i]) })
	for _, n := range others {
		limit -= n
	}
	for class := classes - 1; class >= 0; class-- {
		for i := range cuts {
			cuts[i] = cut{class, max(min(counts[i][class], limit), 0)}
			limit -= cuts[i].few
		}
		if limit <= 0 {
			return cuts
		}
	}
	return cuts
}

// classes counts the values of s that may be handed out by class, and returns how many
// pages must be because something else has changed.
func (s *shard) classes(counts *[classes]int) (others int) {
	s.eachMoved(func(p link.Page) {
		switch far, other := s.e.differs(p, s.e.Page(p)); {
		case other:
			others++
		case far > s.e.slack:
			counts[s.e.class(far)]++
		}
	})
	return others
}

// class returns the class of a value whose relative distance from the one told is far,
// which is greater than the slack.
func (e *Engine) class(far float64) int {
	return min(int(math.Float64bits(far/e.slack)>>50)-1023<<2, classes-1)
}

// tell collects in s.news what is to be said of the pages of s, as though it were said.
func (s *shard) tell(c cut) {
	s.held = 0
	rescan := false
	s.eachMoved(func(p link.Page) {
		now, n := s.e.Page(p), &s.e.nodes[p]
		far, other := s.e.differs(p, now)
		if !other && far > s.e.slack {
			switch class := s.e.class(far); {
			case class == c.class && c.few > 0:
				c.few--
			case class <= c.class:
				s.held = max(s.held, far)
				return
			}
		}
		s.moved.clear(uint32(p - s.first))
		if other || far > s.e.slack {
			rescan = rescan || n.told == s.xMax && !(now.X >= n.told)
			s.xMax = max(s.xMax, now.X)
			if n.flags&isTold == 0 {
				n.flags |= isTold
				s.baseX.set(p-s.first, n.told)
			}
			s.record(p, now)
			s.news = append(s.news, news{p, now})
		}
		s.setBand(p)
	})
	if rescan {
		s.findMax()
	}
}

// differs returns how far the value that is served now is from the one told, relative
// to that, and whether something else than that has changed.
func (e *Engine) differs(p link.Page, now Served) (far float64, other bool) {
	n := &e.nodes[p]
	if now.Status != n.status || now.HasX == math.IsNaN(n.told) {
		return 0, true
	}
	if now.Status == linkgraph.Alias {
		return 0, e.targets[p] != now.Target
	}
	if !now.HasX {
		return 0, false
	}
	return math.Abs(now.X-n.told) / n.told, false
}

func (s *shard) record(p link.Page, now Served) {
	n := &s.e.nodes[p]
	n.told, n.status = math.NaN(), now.Status
	if now.HasX {
		n.told = now.X
	}
}

// BaseX returns the value that the base generation serves for p; false if p has
// no rank there.
func (e *Engine) BaseX(p link.Page) (float64, bool) {
	if int(p) >= len(e.nodes) {
		return 0, false
	}
	x := e.nodes[p].told
	if e.nodes[p].flags&isTold != 0 {
		s := e.shardOf(p)
		x = s.baseX.get(p - s.first)
	}
	return x, !math.IsNaN(x)
}

// XMax returns the greatest served value as of the last Changed.
func (e *Engine) XMax() float64 { return e.xMax }

func (s *shard) findMax() {
	s.xMax = 0
	for p := s.first; p < s.end(); p++ {
		if told := s.e.nodes[p].told; told > s.xMax { // not if NaN
			s.xMax = told
		}
	}
}
