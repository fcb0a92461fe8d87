package csr

import (
	"runtime"
	"sort"
	"sync"
)

// Transpose returns the graph with every link turned round. Rows come out
// ascending whatever the order in g. It works on up to four processors, each of
// which takes a run of rows with about as many links as the others and, beside the
// result, 4 bytes a page.
func (g *Graph) Transpose() *Graph {
	n := g.Pages()
	t := &Graph{Start: make([]uint64, n+1), Target: make([]uint32, len(g.Target))}
	if n == 0 {
		return t
	}
	workers := max(1, min(runtime.GOMAXPROCS(0), 4, len(g.Target)>>16))
	bounds := make([]int, workers+1)
	for w := range workers {
		bounds[w+1] = sort.Search(n, func(u int) bool { return g.Start[u] >= g.Start[n]/uint64(workers)*uint64(w+1) })
	}
	bounds[workers] = n
	// counts[w][v]: how many links to v worker w has; then, how many those before it have.
	counts := make([][]uint32, workers)
	each(workers, func(w int) {
		counts[w] = make([]uint32, n)
		for _, v := range g.Target[g.Start[bounds[w]]:g.Start[bounds[w+1]]] {
			counts[w][v]++
		}
	})
	for v := range n {
		sum := uint32(0)
		for w := range workers {
			counts[w][v], sum = sum, sum+counts[w][v]
		}
		t.Start[v+1] = t.Start[v] + uint64(sum)
	}
	each(workers, func(w int) {
		next := counts[w]
		for u := bounds[w]; u < bounds[w+1]; u++ {
			for _, v := range g.Row(uint32(u)) {
				t.Target[t.Start[v]+uint64(next[v])] = uint32(u)
				next[v]++
			}
		}
	})
	return t
}

// each calls do for 0 … n−1 at the same time.
func each(n int, do func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { do(i) })
	}
	group.Wait()
}
