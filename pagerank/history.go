package pagerank

import "math"

// depth is how many steps back acceleration looks.
const depth = 5

// Of a block of this many pages and more, every eighth is enough for the least squares.
const sampling = 1 << 13

// history solves one block. It is Gauss–Seidel with Anderson acceleration (Anderson
// 1965; Walker and Ni, Anderson acceleration for fixed-point iterations, 2011): with
// g the sweep, f(y) = g(y) − y, and the differences ΔF and ΔG of the last few f and
// g, the next y is g(y) − ΔG·γ with γ = argmin ‖f − ΔF·γ‖₂. On a linear system that
// is GMRES in other words, but it needs no second form of the sweep and can start
// over at any time. The differences are float32: they only steer; what they lose is
// part of the next f. For the same reason a sample of f will do, which is in units of x.
// Where a block glides the next f is made of all of f and ΔF instead, and what float32
// loses shows in the next sweep over y; see glide.go.
type history struct {
	rate    int // one page in rate is sampled
	f, last []float32
	df      [depth][]float32 // of the sample, as f and last
	dg      [depth][]float32 // of all pages, in units of y
	step    []float32        // where it glides: f of all pages, in units of y
	ds      [depth][]float32 // and its differences
	glided  bool             // the last sweep did; y is then still without its f
	used    int              // differences held
	at      int              // where the next goes
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
	h.rate = 1
	if n >= sampling {
		h.rate = 8
	}
	sample := n/h.rate + 1
	fit := func(s *[]float32, n int) {
		if cap(*s) < n {
			*s = make([]float32, n)
		}
		*s = (*s)[:n]
	}
	fit(&h.f, sample)
	fit(&h.last, sample)
	for i := range depth {
		fit(&h.df[i], sample)
		fit(&h.dg[i], n)
		if b.glides {
			fit(&h.ds[i], n)
		}
	}
	if b.glides {
		fit(&h.step, n)
	}
	return h
}

// solve sweeps b until its residual is about target, or another sweep would follow
// more than links in all. It reports the links and the residual of each sweep.
func (h *history) solve(r *run, b *block, target float64, links uint64, report func(spent uint64, residual float64)) {
	spent := uint64(0)
	h.used, h.at, h.glided = 0, 0, false
	if b.lanes != nil {
		b.parts(r.o.Workers, func(_, _, from, to int) { copy(r.y[len(r.order)+from:], r.y[from:to]) })
	}
	best, stale, rest, pause := math.Inf(1), 0, 0, 4
	glide, last := false, 0.0 // whether to; the change of the last sweep that did not
	var gram [depth][depth]float64
	for sweep := 0; ; sweep++ {
		s := h.sweepAll(r, b, glide, sweep > 0 && rest == 0)
		landed := h.glided && !glide
		h.glided = glide
		change := s.change
		if !glide {
			last = change
		}
		spent += uint64(b.links)
		if r.ended() {
			return
		}
		residual := change * b.back * r.o.Damping
		report(uint64(b.links), residual)
		if stale++; change < best {
			best, stale = change, 0
		}
		// A fall by more than float32 can tell has to be looked at from y.
		done := !(residual > target) && (!glide || change > drop*drop*last)
		if done || spent+uint64(b.links) > links || stale > 50 { // 50: rounding is all that is left
			if glide {
				b.parts(r.o.Workers, func(_, _, from, to int) { h.land(r, b, from, to) })
			}
			return
		}
		if change > 4*best && h.used > 0 {
			// The guard: away from the solution. A sweep alone always gets closer.
			h.used, h.at, rest, pause = 0, 0, pause, 2*pause
		}
		var gamma [depth]float64
		if sweep > 0 && rest == 0 {
			for i := range depth { // a difference without products gets no weight
				gram[h.at][i], gram[i][h.at] = 0, 0
			}
			if landed {
				// The newest ΔF holds what rounding had added up to as well. Without it.
				gamma = leastSquares(gram, s.f, h.used)
			} else {
				h.used = min(h.used+1, depth)
				for i := range h.used {
					gram[h.at][i], gram[i][h.at] = s.df[i], s.df[i]
				}
				h.at = (h.at + 1) % depth
				gamma = leastSquares(gram, s.f, h.used)
			}
		}
		if rest > 0 {
			rest--
		}
		glide = b.glides && change > drop*last && (h.used > 0 || sweep == 0)
		h.advance(r, b, gamma, glide)
	}
}
