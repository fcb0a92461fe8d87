package pagerank

// A block is swept in stretches of this many places: what a sweep leaves behind is
// used up while it is in the innermost cache.
const stretch = 128

// sums are what a sweep over a part of a block adds up.
type sums struct {
	change float64        // of all x
	df     [depth]float64 // new ΔF with each ΔF
	f      [depth]float64 // f with each ΔF
}

func (s *sums) add(p sums) {
	s.change += p.change
	for i := range depth {
		s.df[i] += p.df[i]
		s.f[i] += p.f[i]
	}
}

// sweepAll makes one sweep over b, completes the newest ΔG, which until now holds by how
// much y was moved, and, if compare is set, stores the newest ΔF and adds up products.
func (h *history) sweepAll(r *run, b *block, compare bool) (all sums) {
	if b.lanes == nil {
		return h.sweepPart(r, b, b.lo, b.hi, compare)
	}
	parts := make([][]sums, len(b.lanes))
	for lane := range parts {
		parts[lane] = make([]sums, len(b.lanes[lane])-1)
	}
	b.rounds(r.o.Workers, func(lane, round, from, to int) {
		if !r.ended() {
			parts[lane][round] = h.sweepPart(r, b, from, to, compare)
		}
	})
	for lane := range parts { // in order, whoever computed them
		for _, p := range parts[lane] {
			all.add(p)
		}
	}
	return all
}

func (h *history) sweepPart(r *run, b *block, from, to int, compare bool) (s sums) {
	var buffer [stretch]float32
	first := (from - b.lo + h.rate - 1) / h.rate // of the sample
	last := first
	for ; from < to; from += stretch {
		delta := buffer[:min(stretch, to-from)]
		s.change += r.sweep(from, delta)
		dg := h.dg[h.at][from-b.lo:][:len(delta)]
		for i, d := range delta {
			dg[i] += d
		}
		w, f := r.w[from:], h.f[last:][:len(delta)/h.rate]
		for i := range f {
			f[i] = delta[i] / float32(w[i])
		}
		last += len(f)
	}
	if compare {
		h.products(first, last, &s)
	}
	copy(h.last[first:last], h.f[first:last])
	return s
}

// products stores the new ΔF of a part of the sample and adds up its products.
func (h *history) products(from, to int, s *sums) {
	f, last, newest := h.f[from:to], h.last[from:to], h.df[h.at][from:to]
	for i, v := range f {
		newest[i] = v - last[i]
	}
	for k := range min(h.used+1, depth) {
		old := h.df[k][from:to]
		var a, c float64
		for i, v := range f {
			a += float64(old[i]) * float64(newest[i])
			c += float64(old[i]) * float64(v)
		}
		s.df[k], s.f[k] = a, c
	}
}

// advance moves y on by −ΔG·γ and remembers by how much in the next ΔG.
func (h *history) advance(r *run, b *block, gamma [depth]float64) {
	var g [depth]float32
	var source [depth][]float32
	for k := range depth {
		source[k] = h.dg[0]
		if k < h.used {
			g[k], source[k] = float32(gamma[k]), h.dg[k]
		}
	}
	part := func(_, _, from, to int) {
		lo, hi := from-b.lo, to-b.lo
		y, move := r.y[from:to], h.dg[h.at][lo:hi]
		if h.used == 0 {
			clear(move)
		} else {
			d0, d1, d2, d3, d4 := source[0][lo:hi], source[1][lo:hi], source[2][lo:hi], source[3][lo:hi], source[4][lo:hi]
			for i := range move {
				m := -(g[0]*d0[i] + g[1]*d1[i] + g[2]*d2[i] + g[3]*d3[i] + g[4]*d4[i])
				move[i] = m
				y[i] += float64(m)
			}
		}
		if b.lanes != nil {
			copy(r.y[len(r.order)+from:], y)
		}
	}
	if b.lanes == nil {
		part(0, 0, b.lo, b.hi)
	} else {
		b.parts(r.o.Workers, part)
	}
}
