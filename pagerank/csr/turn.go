package csr

import (
	"math"

	"freshrank/pagerank/parallel"
)

// Turn is a graph about to be transposed into another numbering: what can be done
// before that is known. See [Graph.Turn].
type Turn struct {
	g      *Graph
	count  []uint32 // by page: links to it
	target []uint32 // of the result
}

// Turn begins to transpose g, on up to two of as many workers: it counts the links to
// each page, and takes hold of the memory of the result, by writing to every page of it.
// It takes, beside the result, 4 bytes a page and worker.
func (g *Graph) Turn(workers int) *Turn {
	t := &Turn{g: g, target: make([]uint32, len(g.Target))}
	half := len(g.Target) / 2
	var counts [2][]uint32
	workers = min(workers, len(counts))
	parallel.Each(workers, workers, func(w int) {
		from, to := w*half, len(g.Target)
		if w < workers-1 {
			to = half
		}
		counts[w] = make([]uint32, g.Pages())
		for _, u := range g.Target[from:to] {
			counts[w][u]++
		}
		for i := from; i < to; i += 1 << 10 { // a page of 4 KB
			t.target[i] = 0
		}
	})
	t.count = counts[0]
	for u, c := range counts[1] {
		t.count[u] += c
	}
	return t
}

// By returns the graph with every link turned round and pages renumbered: page order[v]
// becomes v. Order holds every page that has links or that links lead to, once. Rows
// come out ascending. It may be called once, and works on two processors, however many
// there are. It takes, beside the result, 8 bytes a page, or 16 if there are more than
// 4 G links.
func (t *Turn) By(order []uint32) *Graph {
	if len(t.target) <= math.MaxUint32 {
		return turn[uint32](t, order)
	}
	return turn[uint64](t, order)
}

// turn counts links in places, which N can hold. A row is filled from both ends at the
// same time: one worker takes the pages of the first half of the links, upwards, the
// other those of the second half, downwards. So neither has to know what the other has.
func turn[N uint32 | uint64](t *Turn, order []uint32) *Graph {
	g, target := t.g, t.target
	const piece = 1 << 14
	pieces := (len(order) + piece - 1) / piece
	in, out := make([]uint64, pieces), make([]uint64, pieces)
	parallel.Each(2, pieces, func(i int) {
		for _, u := range order[i*piece : min((i+1)*piece, len(order))] {
			in[i] += uint64(t.count[u])
			out[i] += uint64(g.Degree(u))
		}
	})
	middle, sum := g.middle(order, out, piece), uint64(0)
	for i := range pieces {
		in[i], sum = sum, sum+in[i]
	}
	start := make([]uint64, len(order)+1)
	first, last := make([]N, g.Pages()), make([]N, g.Pages()) // free places of the row
	parallel.Each(2, pieces, func(i int) {
		at := in[i]
		for v := i * piece; v < min((i+1)*piece, len(order)); v++ {
			u := order[v]
			first[u] = N(at)
			at += uint64(t.count[u])
			last[u], start[v+1] = N(at), at
		}
	})
	parallel.Each(2, 2, func(w int) {
		if w == 0 {
			for v, from := range order[:middle] {
				for _, u := range g.Row(from) {
					at := first[u]
					first[u] = at + 1
					target[at] = uint32(v)
				}
			}
			return
		}
		for v := len(order) - 1; v >= middle; v-- {
			for _, u := range g.Row(order[v]) {
				at := last[u] - 1
				last[u] = at
				target[at] = uint32(v)
			}
		}
	})
	return &Graph{Start: start, Target: target}
}

// middle returns how many pages of order, from the first on, have half of g's links; out
// says how many links each piece of it has.
func (g *Graph) middle(order []uint32, out []uint64, piece int) int {
	half, links, v := uint64(len(g.Target))/2, uint64(0), 0
	for i := 0; i < len(out) && links+out[i] <= half; i++ {
		links, v = links+out[i], min((i+1)*piece, len(order))
	}
	for ; v < len(order) && links < half; v++ {
		links += uint64(g.Degree(order[v]))
	}
	return v
}
