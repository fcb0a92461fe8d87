package pageranktest

import (
	"math"

	"freshrank/pagerank/csr"
)

// Solve returns x with x_i = (1−α) + α·Σ_{j→i} x_j/d_j, to ‖r‖₁ ≤ 1e−13·N, where
// N is the number of members (a nil member means every page); 0 for other pages.
//
// It is forward push (Andersen, Chung and Lang 2006; Gauss and Southwell's method
// with a queue in place of the search for the greatest residual): whatever
// residual a page has goes to its value at once, and α times as much to the
// residuals of the pages it links to.
func Solve(out *csr.Graph, member []bool, damping float64) []float64 {
	return solveFrom(nil, out, member, damping)
}

// solveFrom starts from what solved a similar graph, whose pages were the first of
// this one's; nil for none.
func solveFrom(start []float64, out *csr.Graph, member []bool, damping float64) []float64 {
	n := out.Pages()
	x, r := make([]float64, n), make([]float64, n)
	copy(x, start)
	exactResidual(out, member, damping, x, r)
	// Pushing changes r by addition and so gathers rounding; take it afresh from
	// x until it is small by itself.
	const target = 1e-13
	for range 100 {
		push(out, damping, x, r, target/2)
		exactResidual(out, member, damping, x, r)
		total := 0.0
		for _, v := range r {
			total += math.Abs(v)
		}
		if total <= target*float64(n) {
			return x
		}
	}
	panic("pageranktest: pushing does not converge: the graph has a link to or from a page that is no member")
}

// push moves residual into x until none exceeds limit.
func push(out *csr.Graph, damping float64, x, r []float64, limit float64) {
	queued := make([]bool, len(x))
	var now, later []uint32
	for u := range x {
		now, queued[u] = append(now, uint32(u)), true
	}
	for len(now) > 0 {
		for _, u := range now {
			queued[u] = false
			rho := r[u]
			if math.Abs(rho) <= limit {
				continue
			}
			x[u] += rho
			r[u] = 0
			row := out.Row(u)
			for _, v := range row {
				r[v] += damping * rho / float64(len(row))
				if !queued[v] && math.Abs(r[v]) > limit {
					later, queued[v] = append(later, v), true
				}
			}
		}
		now, later = later, now[:0]
	}
}

// exactResidual sets r to (1−α)·1 + αPᵀx − x, with what each addition rounds away
// carried along (Kahan).
func exactResidual(out *csr.Graph, member []bool, damping float64, x, r []float64) {
	lost := make([]float64, len(r))
	add := func(v uint32, value float64) {
		value -= lost[v]
		sum := r[v] + value
		lost[v] = (sum - r[v]) - value
		r[v] = sum
	}
	for u := range r {
		r[u] = -x[u]
		if member == nil || member[u] {
			add(uint32(u), 1-damping)
		}
	}
	for u := range x {
		row := out.Row(uint32(u))
		for _, v := range row {
			add(v, damping*x[u]/float64(len(row)))
		}
	}
}
