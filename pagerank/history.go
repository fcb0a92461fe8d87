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

// sums are the inner products of a part of a block.
type sums struct {
	change float64
	ff     float64
	df     [depth]float64 // new ΔF with each ΔF
	f      [depth]float64 // f with each ΔF
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
		if r.ctx.Err() != nil {
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

// leastSquares solves gram·γ = f by elimination. A difference that is next to a
// combination of the others gets no weight.
func leastSquares(gram [depth][depth]float64, f [depth]float64, n int) (gamma [depth]float64) {
	var skip [depth]bool
	for i := range n {
		if whole := gram[i][i]; whole == 0 {
			skip[i] = true
		}
	}
	diagonal := gram
	for i := range n {
		if skip[i] || !(gram[i][i] > 1e-11*diagonal[i][i]) {
			skip[i] = true
			continue
		}
		for j := i + 1; j < n; j++ {
			q := gram[j][i] / gram[i][i]
			for k := i; k < n; k++ {
				gram[j][k] -= q * gram[i][k]
			}
			f[j] -= q * f[i]
		}
	}
	for i := n - 1; i >= 0; i-- {
		if skip[i] {
			continue
		}
		s := f[i]
		for j := i + 1; j < n; j++ {
			s -= gram[i][j] * gamma[j]
		}
		gamma[i] = s / gram[i][i]
	}
	return gamma
}

// parted calls do for the parts of b, in parallel if it has lanes, and merges what
// it returns in the order of the places.
func (h *history) parted(r *run, b *block, do func(from, to int) sums) (all sums) {
	if b.lanes == nil {
		return do(b.lo, b.hi)
	}
	if len(h.parts) < len(b.lanes) {
		h.parts = make([][]sums, len(b.lanes))
	}
	for lane := range b.lanes {
		h.parts[lane] = make([]sums, len(b.lanes[lane])-1)
	}
	rounds(r.o.Workers, b, func(lane, from, to int) {
		round := 0
		for b.lanes[lane][round] != from || b.lanes[lane][round+1] != to {
			round++
		}
		h.parts[lane][round] = do(from, to)
	})
	for lane := range b.lanes {
		for _, p := range h.parts[lane] {
			all.add(p)
		}
	}
	return all
}

func (s *sums) add(p sums) {
	s.change += p.change
	s.ff += p.ff
	for i := range depth {
		s.df[i] += p.df[i]
		s.f[i] += p.f[i]
	}
}

func (h *history) sweepAll(r *run, b *block) float64 {
	return h.parted(r, b, func(from, to int) sums {
		if r.ctx.Err() != nil {
			return sums{}
		}
		return sums{change: r.sweep(from, to, h.f[from-b.lo:to-b.lo])}
	}).change
}

// products stores the new differences, if wanted, and returns inner products. Until
// now, dg[at] holds how much y was moved.
func (h *history) products(r *run, b *block, store bool) sums {
	if !store {
		return sums{}
	}
	return h.parted(r, b, func(from, to int) (s sums) {
		from, to = from-b.lo, to-b.lo
		f, last := h.f[from:to], h.last[from:to]
		ndf, ndg := h.df[h.at][from:to], h.dg[h.at][from:to]
		for i, v := range f {
			d := v - last[i]
			ndf[i] = d
			ndg[i] += d
		}
		n := min(h.used+1, depth)
		for k := range n {
			old := h.df[k][from:to]
			var a, c float64
			for i, v := range f {
				a += float64(old[i]) * float64(ndf[i])
				c += float64(old[i]) * float64(v)
			}
			s.df[k], s.f[k] = a, c
		}
		return s
	})
}

// advance moves y on by γ, and remembers by how much it has been moved in all since
// the sweep before.
func (h *history) advance(r *run, b *block, gamma [depth]float64) {
	h.parted(r, b, func(from, to int) sums {
		lo := from - b.lo
		hi := to - b.lo
		y, w, f := r.y[from:to], r.w[from:to], h.f[lo:hi]
		move := h.last[lo:hi] // becomes f, after its place has served as scratch
		clear(move)
		for k := range h.used {
			if g := float32(gamma[k]); g != 0 {
				dg := h.dg[k][lo:hi]
				for i := range move {
					move[i] -= g * dg[i]
				}
			}
		}
		dg := h.dg[h.at][lo:hi]
		for i, m := range move {
			y[i] += float64(m) * w[i]
			dg[i] = f[i] + m
			move[i] = f[i]
		}
		if b.lanes != nil {
			copy(r.y[len(r.order)+from:], y)
		}
		return sums{}
	})
}
