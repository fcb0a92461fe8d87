package csr

import (
	"math"
	"runtime"
	"sort"

	"freshrank/pagerank/parallel"
)

// Transpose returns the graph with every link turned round. Rows come out
// ascending whatever the order in g.
//
// It works on up to four processors, each of which takes a run of the pages with about
// as many links as the others and, beside the result, 4 bytes a page.
func (g *Graph) Transpose() *Graph {
	if len(g.Target) <= math.MaxUint32 {
		return transpose[uint32](g)
	}
	return transpose[uint64](g)
}

// transpose counts links in places, which N can hold.
func transpose[N uint32 | uint64](g *Graph) *Graph {
	n := g.Pages()
	t := &Graph{Start: make([]uint64, n+1), Target: make([]uint32, len(g.Target))}
	workers := max(1, min(runtime.GOMAXPROCS(0), 4, len(g.Target)>>16))
	bounds := g.runs(workers)
	// next[w][u]: how many links to page u worker w has; then, where the next one goes.
	next := make([][]N, workers)
	parallel.Each(workers, workers, func(w int) {
		count := make([]N, n)
		next[w] = count
		for _, u := range g.Target[g.Start[bounds[w]]:g.Start[bounds[w+1]]] {
			count[u]++
		}
	})
	sum := N(0)
	for u := range n {
		for w := range workers {
			next[w][u], sum = sum, sum+next[w][u]
		}
		t.Start[u+1] = uint64(sum)
	}
	parallel.Each(workers, workers, func(w int) {
		next, target := next[w], t.Target
		for v := bounds[w]; v < bounds[w+1]; v++ {
			for _, u := range g.Row(uint32(v)) {
				at := next[u]
				next[u] = at + 1
				target[at] = uint32(v)
			}
		}
	})
	return t
}

// runs cuts the pages into as many runs as there are workers, of about as many links
// each.
func (g *Graph) runs(workers int) []int {
	n := g.Pages()
	bounds := make([]int, workers+1)
	bounds[workers] = n
	for w := 1; w < workers; w++ {
		bounds[w] = sort.Search(n, func(u int) bool { return g.Start[u] >= g.Start[n]/uint64(workers)*uint64(w) })
	}
	return bounds
}
