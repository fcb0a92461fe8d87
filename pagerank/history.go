package pagerank

import "math"

// depth is how many steps back acceleration looks.
const depth = 5

// history solves one block. It is Gauss–Seidel with Anderson acceleration (Anderson
// 1965; Walker and Ni, Anderson acceleration for fixed-point iterations, 2011): with
// g the sweep, f(y) = g(y) − y, and the differences ΔF and ΔG of the last few f and
// g, the next y is g(y) − ΔG·γ with γ = argmin ‖f − ΔF·γ‖₂. On a linear system that
// is GMRES in other words, but it needs no second form of the sweep and can start
// over at any time. The differences are float32: they only steer; what they lose is
// part of the next f.
type history struct {
	f, last []float32
	df, dg  [depth][]float32
	parts   [][]sums // by lane, by round
	used    int      // differences held
	at      int      // where the next goes
}

// history returns one that fits b, a used one if there is any.
func (r *run) history(b *block) *history {
	var h *history
	select {
	case h = <-r.free:
	default:
		h = &history{}
	}
	n := b.hi - b.lo
	if cap(h.f) < n {
		h.f, h.last = make([]float32, n), make([]float32, n)
		for i := range depth {
			h.df[i], h.dg[i] = make([]float32, n), make([]float32, n)
		}
	}
	h.f, h.last = h.f[:n], h.last[:n]
	for i := range depth {
		h.df[i], h.dg[i] = h.df[i][:n], h.dg[i][:n]
	}
	return h
}

// solve sweeps b until its residual is about target, or another sweep would follow
// more than links in all. It reports the links and the residual of each sweep.
func (h *history) solve(r *run, b *block, target float64, links uint64, report func(spent uint64, residual float64)) {
	spent := uint64(0)
	h.used, h.at = 0, 0
	if b.lanes != nil {
		copyGhosts := func(_, from, to int) { copy(r.y[len(r.order)+from:len(r.order)+to], r.y[from:to]) }
		rounds(r.o.Workers, b, copyGhosts)
	}
	best, stale, rest, pause := math.Inf(1), 0, 0, 4
	var gram [depth][depth]float64
	for sweep := 0; ; sweep++ {
		change := h.sweepAll(r, b)
		spent += uint64(b.links)
		if r.ended() {
			return
		}
		report(uint64(b.links), change*b.back)
		if !(change*b.back > target) || spent+uint64(b.links) > links {
			return
		}
		if stale++; change < best {
			best, stale = change, 0
		}
		if stale > 50 {
			return // rounding is all that is left
		}
		if change > 4*best && h.used > 0 {
			// The guard: away from the solution. A sweep alone always gets closer.
			h.used, h.at, rest, pause = 0, 0, pause, 2*pause
		}
		s := h.products(r, b, sweep > 0 && rest == 0)
		var gamma [depth]float64
		if sweep > 0 && rest == 0 {
			h.used = min(h.used+1, depth)
			for i := range h.used {
				gram[h.at][i], gram[i][h.at] = s.df[i], s.df[i]
			}
			h.at = (h.at + 1) % depth
			gamma = leastSquares(gram, s.f, h.used)
		}
		if rest > 0 {
			rest--
		}
		h.advance(r, b, gamma)
	}
}
