package incremental

import (
	"math"

	"freshrank/pagerank/link"
)

// spread adds δ to the residual of each page of row, the first run of which it does not
// fetch: callers have, with others' at the same time, unless it leads where a link comes or
// goes in their own shard. It is what the engine spends its time on.
func (s *shard) spread(row []uint32, delta float64) {
	residuals, first := s.e.residuals, uint32(s.first)
	for rest := row; len(rest) > 0; {
		part := rest[:min(len(rest), run)]
		if len(rest) < len(row) {
			s.fetch(part)
		}
		rest = rest[len(part):]
		grown, sizes := 0.0, 0.0
		for _, v := range part {
			h := &residuals[v]
			now := h.r + delta
			inside := h.within(now)
			if !inside && s.e.nodes[v].flags&isAlias != 0 {
				s.handOn(link.Page(v), delta)
				s.residual.add(-delta) // which is added below
				continue
			}
			size := math.Abs(now)
			grown += size - math.Abs(h.r)
			sizes += size
			h.r = now
			if !inside {
				s.leave(link.Page(v))
			}
			if size > s.ceiling[(v-first)/block] {
				s.raise(link.Page(v))
			}
		}
		s.size.add(grown)
		s.residual.add(delta * float64(len(part)))
		changed := 6 * math.Abs(delta)
		s.inexact(changed+sizes, float64(len(part))*(changed+run*math.Abs(delta))+2*sizes)
	}
}

// run is how many terms spread adds up plainly before it compensates, and fetches at a time.
const run = 64

// bump adds δ, which came about by at most four roundings, to the residual of the
// member p.
func (s *shard) bump(p link.Page, delta float64) {
	if delta == 0 {
		return
	}
	h := &s.e.residuals[p]
	old := h.r
	h.r += delta
	s.size.add(math.Abs(h.r) - math.Abs(old))
	s.residual.add(delta)
	lost := 6*math.Abs(delta) + math.Abs(h.r)
	s.inexact(lost, lost)
	s.settle(p)
}

// settle sees to it that p is queued or counts for the ceiling, and is handed out if
// it has moved.
func (s *shard) settle(p link.Page) {
	h := &s.e.residuals[p]
	if !h.within(h.r) && s.e.nodes[p].flags&isAlias == 0 {
		s.leave(p)
	}
	if math.Abs(h.r) > s.ceiling[(p-s.first)/block] {
		s.raise(p)
	}
}

// A block's ceiling, divided by least, is what no |r|/w of its pages exceeds, but for
// pages that are queued: who compares |r| with the ceiling need not know w. Where that
// would be near the threshold it is unknown, and then the threshold is.
var unknown = math.Inf(1)

// raise sees to it that the ceiling of p's block holds for p.
func (s *shard) raise(p link.Page) {
	i := uint32(p - s.first)
	c := &s.ceiling[i/block]
	weighted := math.Abs(s.e.residuals[p].r) / float64(s.e.nodes[p].weight)
	switch {
	case s.queued.has(i) || weighted*least <= *c:
	case weighted > s.e.threshold/2 && weighted <= s.e.threshold:
		*c = unknown
	default:
		*c = weighted * least
	}
}

// greatest returns an upper bound on |r|/w of all pages, at most ⅛ too high. It measures
// anew those ceilings that would make it more.
func (e *Engine) greatest() float64 {
	known := 0.0
	for i := range e.shards {
		for p := range e.shards[i].waiting() {
			known = max(known, math.Abs(e.residuals[p].r)/float64(e.nodes[p].weight))
		}
	}
	top := known
	for i := range e.shards {
		s := &e.shards[i]
		for k := range s.ceiling {
			if s.below(k) > known*1.125 {
				s.measure(k)
				known = max(known, s.below(k))
			}
			top = max(top, s.below(k))
		}
	}
	return top
}

// below returns what no |r|/w of a block exceeds.
func (s *shard) below(block int) float64 {
	if c := s.ceiling[block]; c != unknown {
		return c / least
	}
	return s.e.threshold
}

// measure sets the ceiling of a block to what it is now.
func (s *shard) measure(at int) {
	most := 0.0
	for p := s.first + link.Page(at*block); p < min(s.first+link.Page((at+1)*block), s.end()); p++ {
		if !s.queued.has(uint32(p - s.first)) {
			most = max(most, math.Abs(s.e.residuals[p].r)/float64(s.e.nodes[p].weight))
		}
	}
	s.ceiling[at] = most * least
}
