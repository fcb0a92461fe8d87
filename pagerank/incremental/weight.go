package incremental

import (
	"math"

	"freshrank/pagerank/link"
)

// # Weights
//
// A page needs no push while |r_p| ≤ ε(1−α)·w_p. With any v ≥ 0 and
//
//	w_p = 1 − t·v_p + tα·Σ v_u/d_u  over the links u→p
//
// (I−αPᵀ)⁻¹ maps (1−α)w to x − (1−α)t·v, as it maps (1−α)·1 to x; so
// |x−x̂| ≤ (I−αPᵀ)⁻¹|r| ≤ ε(x − (1−α)t·v) ≤ ε·x, and what follows from that follows as
// with w = 1 (see [pagerank.Certificate]): |x−x̃| = |αPᵀ(x−x̂)| ≤ ε(x−(1−α)), because
// t·v_p + w_p ≥ 1.
//
// With v near 1 that gives pages that many links lead to more than others: those that are
// pushed most often, and those that lead to hubs' rows. It spares a third of the work on
// web graphs and half of it where hubs change.
//
// v_u/d_u stays what it is when u gains or loses links, 1/per of u, until v_u = d_u/per
// passes stretch; so links that stay need no visit. A weight may be less than said, never
// more: links of which the page is an alias's end do not count, and rounding goes down.

const (
	tilt    = 0.4 // t
	stretch = 1.2 // greatest v
	least   = 0.5 // no weight is less: 1 − tilt·stretch, and room for rounding
)

// limit returns the greatest |r| of p that needs no push.
func (e *Engine) limit(n *node) float64 { return e.threshold * float64(n.weight) }

// carry is what each link of a page adds to the weight of the one that it leads to.
func (e *Engine) carry(per uint32) float64 {
	if per == 0 {
		return 0
	}
	return tilt * e.opt.Damping / float64(per)
}

// ownWeight is what v_p takes from the weight of p, which has d links.
func ownWeight(d int, per uint32) float64 {
	if d == 0 {
		return 0
	}
	return tilt * float64(d) / float64(per)
}

// perLink returns what per becomes where a page has d links from now on.
func perLink(per uint32, d int) uint32 {
	if d == 0 || float64(d) > stretch*float64(per) {
		return uint32(d)
	}
	return per
}

// down rounds a weight, which may be off by a few units of float64.
func down(w float64) float32 {
	w -= math.Abs(w) * 0x1p-50
	f := float32(w)
	if float64(f) > w {
		f = math.Nextafter32(f, 0)
	}
	return max(f, least)
}

// weigh adds to the weight of p.
func (s *shard) weigh(p link.Page, by float64) {
	n := &s.e.nodes[p]
	n.weight = down(float64(n.weight) + by)
	s.setBand(p)
	s.settle(p)
}

// weights returns the weights of all pages, each of which has per = d.
func (e *Engine) weights() []float64 {
	w := make([]float64, len(e.nodes))
	for u := range uint32(e.base.Pages()) {
		row := e.base.Row(u)
		carry := e.carry(uint32(len(row)))
		for _, v := range row {
			w[v] += carry
		}
	}
	exact := 1 - float64(e.base.Links())*unit // a sum of so many terms at most
	for p := range w {
		w[p] = w[p]*exact + 1 - ownWeight(e.shardOf(link.Page(p)).degree(link.Page(p)), e.nodes[p].per)
	}
	return w
}
