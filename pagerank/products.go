package pagerank

// sums are the inner products of a part of a block.
type sums struct {
	change float64
	df     [depth]float64 // new ΔF with each ΔF
	f      [depth]float64 // f with each ΔF
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
	for i := range depth {
		s.df[i] += p.df[i]
		s.f[i] += p.f[i]
	}
}

func (h *history) sweepAll(r *run, b *block) float64 {
	return h.parted(r, b, func(from, to int) sums {
		if r.ended() {
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
