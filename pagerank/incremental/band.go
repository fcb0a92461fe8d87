package incremental

import (
	"math"

	"freshrank/pagerank/link"
)

// A page's band, low ≤ r ≤ high, spares those who change r a look at the page's node. It
// is shut for an alias, whose r is not to be changed. For others it ends where a push is
// needed, unless the page is queued, and where x̃ is further than the slack from what was
// handed out, unless Changed is to look at it anyway.

var shut = residual{low: float32(math.Inf(1)), high: float32(math.Inf(-1))}

// wide is past any residual and any float32.
const wide = 1e300

// setBand sets the band of p by its x̂, its weight and what was handed out.
func (s *shard) setBand(p link.Page) {
	n, h, i := &s.e.nodes[p], &s.e.residuals[p], uint32(p-s.first)
	if n.flags&isAlias != 0 {
		h.low, h.high = shut.low, shut.high
		return
	}
	low, high := -wide, wide
	if !s.queued.has(i) {
		high = s.e.limit(n)
		low = -high
	}
	if !s.moved.has(i) && !math.IsNaN(n.told) {
		// A little narrower than it may be, for rounding; differs has the last word.
		width := s.e.slack * n.told * (1 - 1e-6)
		low, high = max(low, n.told-width-n.x), min(high, n.told+width-n.x)
	}
	h.low = float32(low + math.Abs(low)*0x1p-23)
	h.high = float32(high - math.Abs(high)*0x1p-23)
}

// within says whether r may be the residual of a page without anything to be done.
func (h *residual) within(r float64) bool { return float64(h.low) <= r && r <= float64(h.high) }

// touch lets p be handed out if it differs in any way from what was.
func (s *shard) touch(p link.Page) {
	s.moved.set(uint32(p - s.first))
	s.setBand(p)
}

// leave sees to a page whose residual has left its band.
func (s *shard) leave(p link.Page) {
	n, h, i := &s.e.nodes[p], &s.e.residuals[p], uint32(p-s.first)
	push := !s.queued.has(i) && math.Abs(h.r) > s.e.limit(n)
	if push {
		s.queued.set(i)
		s.arrived = append(s.arrived, p)
	}
	if !push || !(math.Abs(n.x+h.r-n.told) <= s.e.slack*n.told*(1-1e-6)) { // also if NaN
		s.moved.set(i)
	}
	s.setBand(p)
}
