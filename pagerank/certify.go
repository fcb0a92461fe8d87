package pagerank

import "math"

// totals are what a certifying sweep adds up, in one chunk or in all.
type totals struct {
	x, xDangling       compensated
	next, nextDangling compensated
	plus, minus        compensated
	maxPlus, maxMinus  float64
}

// certify computes next from x, for all pages and over all links, and the sums of
// both and of the residual next−x. The result is meaningless if ctx has ended.
func (r *run) certify() totals {
	n := len(r.order)
	r.chunks(func(_, from, to int) {
		for v := from; v < to; v++ {
			r.y[v] = r.w[v] * r.x[v]
			r.y[n+v] = r.y[v]
		}
	})
	r.chunks(func(c, from, to int) { r.parts[c] = r.pull(from, to) })
	r.touched += uint64(r.in.Links())
	var all totals
	for _, part := range r.parts { // in order, whoever computed them
		all.merge(part)
	}
	return all
}

// pull does certify's work for one chunk. What it adds up, it adds plainly over runs
// of 256 pages, which loses less than 1e−13 of a sum, and the runs with compensation.
func (r *run) pull(from, to int) (all totals) {
	for ; from < to; from += 256 {
		var t totals
		for v := from; v < min(from+256, to); v++ {
			row := r.in.Row(uint32(v))
			x, next := r.x[v], 1-r.o.Damping+sumRow(r.y, row)
			r.next[v] = next
			d := next - x
			e := unit * (roundings(len(row))*math.Abs(next) + math.Abs(d))
			t.plus.sum += max(d, 0) + e
			t.minus.sum += max(-d, 0) + e
			t.maxPlus = max(t.maxPlus, d+e)
			t.maxMinus = max(t.maxMinus, e-d)
			t.x.sum += x
			t.next.sum += next
			if r.w[v] == 0 {
				t.xDangling.sum += x
				t.nextDangling.sum += next
			}
		}
		all.merge(t)
	}
	return all
}

func (t *totals) merge(u totals) {
	t.x.merge(u.x)
	t.xDangling.merge(u.xDangling)
	t.next.merge(u.next)
	t.nextDangling.merge(u.nextDangling)
	t.plus.merge(u.plus)
	t.minus.merge(u.minus)
	t.maxPlus = max(t.maxPlus, u.maxPlus)
	t.maxMinus = max(t.maxMinus, u.maxMinus)
}

// balance returns the factor k by which a vector with these sums must be
// multiplied for its residual to sum to zero.
func (r *run) balance(sum, dangling float64) float64 {
	rest := 1 - r.o.Damping
	return rest * float64(len(r.order)) / (rest*sum + r.o.Damping*dangling)
}

// spread sets x to k·next, and y to what it makes each link carry.
func (r *run) spread(k float64) {
	r.chunks(func(_, from, to int) {
		for v := from; v < to; v++ {
			r.x[v] = k * r.next[v]
			r.y[v] = r.w[v] * r.x[v]
		}
	})
}

func (r *run) certificate(t totals) Certificate {
	rest := 1 - r.o.Damping
	return Certificate{
		Damping:      r.o.Damping,
		Pages:        len(r.order),
		Sum:          t.x.value(),
		Dangling:     t.xDangling.value(),
		Plus:         t.plus.value(),
		Minus:        t.minus.value(),
		EpsilonPlus:  t.maxPlus / rest,
		EpsilonMinus: t.maxMinus / rest,
	}
}

// sweeps returns how many sweeps over all links the links followed amount to.
func (r *run) sweeps() int {
	all := uint64(r.in.Links())
	if all == 0 {
		return 1
	}
	return int((r.touched + all - 1) / all)
}

// l1 returns the error that a residual of this sum would certify.
func (r *run) l1(residual float64) float64 {
	return residual * 2 * r.o.Damping / (1 - r.o.Damping) / r.sum
}

// report calls Progress for the sweeps since the last report.
func (r *run) report(l1 float64) {
	for now := r.sweeps(); r.reported < now && !r.ended(); {
		r.reported++
		if r.o.Progress != nil {
			r.o.Progress(r.reported, l1)
		}
	}
}

// result brings x and its residual into the order of pages.
func (r *run) result(c Certificate, converged bool) *Result {
	n := r.p.Out.Pages()
	res := &Result{X: make([]float64, n), Residual: make([]float64, n), Certificate: c, Sweeps: r.sweeps(), Followed: r.touched, Converged: converged}
	r.chunks(func(_, from, to int) {
		for v := from; v < to; v++ {
			u := r.order[v]
			res.X[u], res.Residual[u] = r.x[v], r.next[v]-r.x[v]
		}
	})
	return res
}
