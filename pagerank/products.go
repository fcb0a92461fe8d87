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

// sweepAll makes one sweep over b, gliding or not, completes the newest ΔG, which until
// now holds by how much y was moved, and, if compare is set, stores the newest ΔF and adds
// up products.
func (h *history) sweepAll(r *run, b *block, glide, compare bool) (all sums) {
	if b.lanes == nil {
		return h.sweepPart(r, b, b.lo, b.hi, glide, compare)
	}
	parts := make([][]sums, len(b.lanes))
	for lane := range parts {
		parts[lane] = make([]sums, len(b.lanes[lane])-1)
	}
	b.rounds(r.o.Workers, func(lane, round, from, to int) {
		if !r.ended() {
			parts[lane][round] = h.sweepPart(r, b, from, to, glide, compare)
		}
	})
	for lane := range parts { // in order, whoever computed them
		for _, p := range parts[lane] {
			all.add(p)
		}
	}
	return all
}

func (h *history) sweepPart(r *run, b *block, from, to int, glide, compare bool) (s sums) {
	var buffer [stretch]float32
	first := (from - b.lo + h.rate - 1) / h.rate // of the sample
	last := first
	for ; from < to; from += stretch {
		delta := buffer[:min(stretch, to-from)]
		if glide {
			s.change += r.glide(from, from+len(delta))
			delta = r.e[from:][:len(delta)]
		} else {
			s.change += r.sweep(from, delta)
		}
		dg := h.dg[h.at][from-b.lo:][:len(delta)]
		for i, d := range delta {
			dg[i] += d
		}
		if b.glides {
			step, ds := h.step[from-b.lo:][:len(delta)], h.ds[h.at][from-b.lo:][:len(delta)]
			for i, d := range delta {
				ds[i] = d - step[i]
				step[i] = d
			}
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
	// All slices have the length of the first, which spares a check for each number.
	f := h.f[from:to]
	last, newest := h.last[from:][:len(f)], h.df[h.at][from:][:len(f)]
	for i, v := range f {
		newest[i] = v - last[i]
	}
	for k := range min(h.used+1, depth) {
		old := h.df[k][from:][:len(f)]
		var a, c float64
		for i, v := range f {
			a += float64(old[i]) * float64(newest[i])
			c += float64(old[i]) * float64(v)
		}
		s.df[k], s.f[k] = a, c
	}
}

// advance moves y on by −ΔG·γ, remembers by how much in the next ΔG, and prepares for the
// next sweep, gliding or not.
func (h *history) advance(r *run, b *block, gamma [depth]float64, glide bool) {
	var g [depth]float32
	var source [depth][]float32
	for k := range depth {
		source[k] = h.dg[0]
		if k < h.used {
			g[k], source[k] = float32(gamma[k]), h.dg[k]
		}
	}
	g0, g1, g2, g3, g4 := g[0], g[1], g[2], g[3], g[4]
	part := func(_, _, from, to int) {
		lo, y := from-b.lo, r.y[from:to]
		move := h.dg[h.at][lo:][:len(y)]
		if h.used == 0 {
			clear(move)
		} else {
			d0, d1, d2 := source[0][lo:][:len(y)], source[1][lo:][:len(y)], source[2][lo:][:len(y)]
			d3, d4 := source[3][lo:][:len(y)], source[4][lo:][:len(y)]
			for i := range y {
				m := -(g0*d0[i] + g1*d1[i] + g2*d2[i] + g3*d3[i] + g4*d4[i])
				move[i] = m
				y[i] += float64(m)
			}
		}
		if h.glided {
			h.land(r, b, from, to)
		}
		switch {
		case glide:
			h.launch(r, b, g, from, to)
		case b.lanes != nil:
			copy(r.y[len(r.order)+from:], y)
		}
	}
	if b.lanes == nil {
		part(0, 0, b.lo, b.hi)
	} else {
		b.parts(r.o.Workers, part)
	}
}
