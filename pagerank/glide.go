package pagerank

import "math"

// Sweeping is affine: with G its linear part, a change e of y changes the next y by G·e.
// So Anderson's f need not be computed from y: after y has moved to g(y) − ΔG·γ, it is
//
//	f' = G·(f − ΔF·γ)
//
// exactly, because ΔF = (G−I)·ΔY and ΔG = G·ΔY. G·e is a sweep of the same order that
// reads and writes nothing but e, in place, and e may be float32: half of the memory that
// is read at random. What float32 rounds away is left behind in y − y*, so once f has
// fallen by a factor of drop since a sweep over y, the next one is over y again.
//
// It pays where links are many a page (see dense): all of ΔF must be kept, not a sample.

// drop is far above what f is off by after the sweeps that it takes to fall that much:
// about 1e−6 of what it was at first, and 6e−5 at worst, see long. It saves three of four
// sweeps over y on kron; with 1e−4 a sweep more was needed.
const drop = 1e-3

// long is how many links of a row are added up in float32, in four sums, at a time. So a
// sum of one sign loses at most 2⁻²⁴ for each of a thousand terms, which is 6e−5.
const long = 1 << 12

// glide makes one Gauss–Seidel sweep over the places from … to−1 of a block in terms of
// changes alone, and returns the sum of the changes of x.
func (r *run) glide(from, to int) (change float64) {
	e := r.e
	w := r.w4[from:to]
	own, start, end := e[from:][:len(w)], r.own[from:][:len(w)], r.in.Start[from+1:][:len(w)]
	for i := range w {
		row := r.in.Target[start[i]:end[i]]
		var a, b, c, d float32
		if len(row) > long {
			a, row = head(e, row)
		}
		for len(row) >= 4 {
			a += e[row[0]]
			b += e[row[1]]
			c += e[row[2]]
			d += e[row[3]]
			row = row[4:]
		}
		switch len(row) {
		case 3:
			c += e[row[2]]
			fallthrough
		case 2:
			b += e[row[1]]
			fallthrough
		case 1:
			a += e[row[0]]
		}
		sum := (a + b) + (c + d)
		own[i] = sum * w[i]
		change += math.Abs(float64(sum))
	}
	return change
}

// head adds up e over all but the last links of a row, of which it leaves long at most.
func head(e []float32, row []uint32) (sum float32, rest []uint32) {
	all := 0.0
	for len(row) > long {
		var a, b, c, d float32
		for i := 0; i < long; i += 4 {
			a += e[row[i]]
			b += e[row[i+1]]
			c += e[row[i+2]]
			d += e[row[i+3]]
		}
		all += float64((a + b) + (c + d))
		row = row[long:]
	}
	return float32(all), row
}

// launch makes e what the next sweep is to glide over.
func (h *history) launch(r *run, b *block, g [depth]float32, from, to int) {
	e := r.e[from:to]
	copy(e, h.step[from-b.lo:to-b.lo])
	for k := range h.used {
		if gamma := g[k]; gamma != 0 {
			for i, d := range h.ds[k][from-b.lo : to-b.lo] {
				e[i] -= gamma * d
			}
		}
	}
	copy(r.e[len(r.order)+from:], e)
}

// land adds what the last sweep, which glided, changes y by.
func (h *history) land(r *run, b *block, from, to int) {
	y := r.y[from:to]
	for i, d := range h.step[from-b.lo : to-b.lo] {
		y[i] += float64(d)
	}
}
