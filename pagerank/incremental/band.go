package incremental

import (
	"math"

	"freshrank/pagerank/link"
)

// A page's band, low ≤ r ≤ high, spares those who change r a look at the page's node. It
// is shut for an alias, whose r is not to be changed, and open for a page that is to be
// looked at by Changed anyway.

var (
	shut = residual{low: float32(math.Inf(1)), high: float32(math.Inf(-1))}
	open = residual{low: float32(math.Inf(-1)), high: float32(math.Inf(1))}
)

// setBand sets the band of p by its x̂ and what was handed out.
func (s *shard) setBand(p link.Page) {
	n, h := &s.e.nodes[p], &s.e.residuals[p]
	switch {
	case n.flags&isAlias != 0:
		h.low, h.high = shut.low, shut.high
	case s.moved.has(uint32(p-s.first)) || math.IsNaN(n.told):
		h.low, h.high = open.low, open.high
	default:
		// A little narrower than it may be, for rounding; differs has the last word.
		width := s.e.slack * n.told * (1 - 1e-6)
		low, high := n.told-width-n.x, n.told+width-n.x
		h.low = float32(low + math.Abs(low)*0x1p-23)
		h.high = float32(high - math.Abs(high)*0x1p-23)
	}
}

// within says whether r may be the residual of a page without anybody being told.
func (h *residual) within(r float64) bool { return float64(h.low) <= r && r <= float64(h.high) }

// touch lets p be handed out if it differs in any way from what was.
func (s *shard) touch(p link.Page) {
	s.moved.set(uint32(p - s.first))
	s.setBand(p)
}

// stray sees to a page whose band a residual that is about to grow by δ would leave. It
// returns false for an alias, which hands δ on instead.
func (s *shard) stray(p link.Page, delta float64) bool {
	if s.e.nodes[p].flags&isAlias != 0 {
		s.handOn(p, delta)
		return false
	}
	s.touch(p)
	return true
}
