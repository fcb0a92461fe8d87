package pagerank

import (
	"context"
	"math"
	"slices"

	"freshrank/pagerank/parallel"
)

// run holds the vectors of one call of [Solver.Rank], by place: 40 bytes a page, and
// 24 for each page of the largest component; where that glides, 52 and 48.
type run struct {
	*Solver
	o     Options
	ended func() bool // the caller wants no result any more
	x     []float64   // x̂
	next  []float64   // (1−α)·1 + αPᵀx̂; while components are solved, what comes from outside of them
	w     []float64   // α/d, or 0
	y     []float64   // what each link of a page carries, α·x/d; then the ghosts, see rounds

	// Where a block glides, else nil.
	e  []float32 // how y changes, as glide reads and writes it; then the ghosts
	w4 []float32 // w

	parts    []totals // by chunk
	sum      float64  // Σx, about
	touched  uint64   // links followed
	reported int      // sweeps reported
	free     chan *history
}

func (s *Solver) newRun(ctx context.Context, o Options) *run {
	n := len(s.order)
	r := &run{Solver: s, o: o, ended: func() bool { return ctx.Err() != nil }, parts: make([]totals, len(s.bounds)-1), free: make(chan *history, o.Workers)}
	r.x, r.next, r.w, r.y = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, 2*n)
	if slices.ContainsFunc(s.steps, func(s step) bool { return s.blocks[0].glides }) {
		r.e, r.w4 = make([]float32, 2*n), make([]float32, n)
	}
	r.chunks(func(_, from, to int) {
		for v := from; v < to; v++ {
			r.x[v], r.next[v] = 1, 1
			if u := s.order[v]; o.Start != nil {
				// No solution has an entry outside of these: x ≥ 1−α and Σx ≤ N.
				r.x[v] = min(max(o.Start[u], 1-o.Damping), float64(n))
			}
			if d := s.p.Out.Degree(s.order[v]); d > 0 {
				r.w[v] = o.Damping / float64(d)
			}
			if r.w4 != nil {
				r.w4[v] = float32(r.w[v])
			}
		}
	})
	return r
}

// chunks calls do for all chunks of places, unless ctx has ended.
func (r *run) chunks(do func(chunk, from, to int)) {
	parallel.Each(r.o.Workers, len(r.bounds)-1, func(c int) {
		if !r.ended() {
			do(c, r.bounds[c], r.bounds[c+1])
		}
	})
}

// improve solves component after component, each until its residual is about its
// share of target. It leaves out those for which fewer links may be followed than
// would be needed.
func (r *run) improve(target float64, links uint64) {
	total := max(r.links, 1)
	for _, step := range r.steps {
		if r.ended() {
			return
		}
		if step.large {
			if b := &step.blocks[0]; r.touched+r.need(b) <= links {
				h := r.history(b)
				r.gather(b)
				h.solve(r, b, target*float64(b.links)/float64(total), links-r.touched, func(spent uint64, residual float64) {
					r.touched += spent
					r.report(r.l1(residual))
				})
				r.free <- h
			}
			continue
		}
		need, spent := uint64(0), make([]uint64, len(step.blocks))
		for i := range step.blocks {
			need += r.need(&step.blocks[i])
		}
		if r.touched+need > links {
			return
		}
		factor := float64(links-r.touched) / float64(max(need, 1)) // how often what is needed may be spent
		parallel.Each(r.o.Workers, len(step.blocks), func(i int) {
			b := &step.blocks[i]
			r.pullOuter(b.lo, b.hi)
			spent[i] = uint64(b.outer)
			if b.links == 0 {
				for v := b.lo; v < b.hi; v++ {
					r.y[v] = r.w[v] * r.next[v]
				}
				return
			}
			h := r.history(b)
			most := uint64(factor*float64(r.need(b))) - spent[i]
			h.solve(r, b, target*float64(b.links)/float64(total), most, func(s uint64, _ float64) { spent[i] += s })
			r.free <- h
		})
		for _, s := range spent {
			r.touched += s
		}
		r.report(r.l1(target))
	}
}

// need returns the links that even one sweep over b follows.
func (r *run) need(b *block) uint64 {
	return uint64(b.outer + b.links)
}

// gather sets next of a large block to what comes from outside of it.
func (r *run) gather(b *block) {
	b.parts(r.o.Workers, func(_, _, from, to int) { r.pullOuter(from, to) })
	r.touched += uint64(b.outer)
}

func (r *run) pullOuter(from, to int) {
	for v := from; v < to; v++ {
		r.next[v] = 1 - r.o.Damping + sumRow(r.y, r.outer(v))
	}
}

// sweep makes one Gauss–Seidel sweep over len(delta) places of a block. It writes by
// how much each y has changed, and returns the sum of the changes of x.
func (r *run) sweep(from int, delta []float32) (change float64) {
	// All slices have the length of the first, which spares a check for each page.
	y, w := r.y, r.w[from:][:len(delta)]
	base, own := r.next[from:][:len(delta)], y[from:][:len(delta)]
	start, end := r.own[from:][:len(delta)], r.in.Start[from+1:][:len(delta)]
	for i := range delta {
		row := r.in.Target[start[i]:end[i]]
		a, b, c, d := base[i], 0.0, 0.0, 0.0
		for len(row) >= 4 {
			a += y[row[0]]
			b += y[row[1]]
			c += y[row[2]]
			d += y[row[3]]
			row = row[4:]
		}
		switch len(row) {
		case 3:
			c += y[row[2]]
			fallthrough
		case 2:
			b += y[row[1]]
			fallthrough
		case 1:
			a += y[row[0]]
		}
		now := ((a + b) + (c + d)) * w[i]
		by := now - own[i]
		own[i] = now
		delta[i] = float32(by)
		change += math.Abs(by) / w[i]
	}
	return change
}

// settle turns y, and next where nothing iterates, into x, with the right mass.
func (r *run) settle() {
	parallel.Each(r.o.Workers, len(r.steps), func(i int) {
		for _, b := range r.steps[i].blocks {
			for v := b.lo; v < b.hi; v++ {
				x := r.next[v]
				if b.links > 0 {
					x = r.y[v] / r.w[v]
				}
				r.x[v] = max(x, 1-r.o.Damping) // as the solution is
			}
		}
	})
	r.rebalance()
}

// rebalance scales x so that its residual sums to zero.
func (r *run) rebalance() {
	r.chunks(func(c, from, to int) {
		var t totals
		for v := from; v < to; v++ {
			t.x.add(r.x[v])
			if r.w[v] == 0 {
				t.xDangling.add(r.x[v])
			}
		}
		r.parts[c] = t
	})
	var t totals
	for _, part := range r.parts {
		t.merge(part)
	}
	k := r.balance(t.x.value(), t.xDangling.value())
	r.chunks(func(_, from, to int) {
		for v := from; v < to; v++ {
			r.x[v] *= k
		}
	})
}
