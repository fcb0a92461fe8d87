package csr

import (
	"math"
	"runtime"
	"sort"

	"freshrank/pagerank/parallel"
)

// Transpose returns the graph with every link turned round. Rows come out
// ascending whatever the order in g.
func (g *Graph) Transpose() *Graph { return g.TransposeBy(nil) }

// TransposeBy returns the graph with every link turned round and pages renumbered:
// page order[v] becomes v. Order holds every page that has links or that links lead
// to, once; nil leaves the numbers as they are. Rows come out ascending.
//
// It works on up to four processors, each of which takes a run of the new numbers
// with about as many links as the others and, beside the result, 4 bytes a page.
func (g *Graph) TransposeBy(order []uint32) *Graph {
	if len(g.Target) <= math.MaxUint32 {
		return transpose[uint32](g, order)
	}
	return transpose[uint64](g, order)
}

// transpose counts links in places, which N can hold.
func transpose[N uint32 | uint64](g *Graph, order []uint32) *Graph {
	n, page := len(order), func(v int) uint32 { return order[v] }
	if order == nil {
		n, page = g.Pages(), func(v int) uint32 { return uint32(v) }
	}
	t := &Graph{Start: make([]uint64, n+1), Target: make([]uint32, len(g.Target))}
	workers := max(1, min(runtime.GOMAXPROCS(0), 4, len(g.Target)>>16))
	bounds := g.runs(order, n, workers)
	// next[w][u]: how many links to page u worker w has; then, where the next one goes.
	next := make([][]N, workers)
	parallel.Each(workers, workers, func(w int) {
		count := make([]N, g.Pages())
		next[w] = count
		if order == nil {
			for _, u := range g.Target[g.Start[bounds[w]]:g.Start[bounds[w+1]]] {
				count[u]++
			}
			return
		}
		for _, from := range order[bounds[w]:bounds[w+1]] {
			for _, u := range g.Row(from) {
				count[u]++
			}
		}
	})
	sum := N(0)
	for v := range n {
		u := page(v)
		for w := range workers {
			next[w][u], sum = sum, sum+next[w][u]
		}
		t.Start[v+1] = uint64(sum)
	}
	parallel.Each(workers, workers, func(w int) {
		next, target := next[w], t.Target
		for v := bounds[w]; v < bounds[w+1]; v++ {
			for _, u := range g.Row(page(v)) {
				at := next[u]
				next[u] = at + 1
				target[at] = uint32(v)
			}
		}
	})
	return t
}

// runs cuts the new numbers 0 … n−1 into as many runs as there are workers, of about
// as many links each.
func (g *Graph) runs(order []uint32, n, workers int) []int {
	bounds := make([]int, workers+1)
	bounds[workers] = n
	if order == nil {
		for w := 1; w < workers; w++ {
			bounds[w] = sort.Search(n, func(u int) bool { return g.Start[u] >= g.Start[n]/uint64(workers)*uint64(w) })
		}
		return bounds
	}
	w, links := 1, 0
	for v, u := range order {
		for ; w < workers && links >= len(g.Target)/workers*w; w++ {
			bounds[w] = v
		}
		links += g.Degree(u)
	}
	for ; w < workers; w++ {
		bounds[w] = n
	}
	return bounds
}
