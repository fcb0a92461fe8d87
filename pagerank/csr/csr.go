// Package csr holds a link graph as compressed sparse rows: for each page of a
// dense numbering, the numbers its links lead to. A Graph is immutable and safe
// for concurrent readers. It knows nothing of direction: the same type holds
// out-links and, transposed, in-links.
package csr

import (
	"slices"
	"sync"
)

// Graph is an immutable adjacency of Pages() rows. Row u is
// Target[Start[u]:Start[u+1]], ascending; a target may repeat (several links of
// one page that lead, through aliases, to the same page).
type Graph struct {
	Start  []uint64 // len = rows+1, ascending, Start[0] = 0
	Target []uint32 // len = links
}

// Pages returns the number of rows.
func (g *Graph) Pages() int {
	if len(g.Start) == 0 {
		return 0
	}
	return len(g.Start) - 1
}

// Links returns the number of links.
func (g *Graph) Links() int { return len(g.Target) }

// Row returns the targets of row u. The caller must not change them.
func (g *Graph) Row(u uint32) []uint32 { return g.Target[g.Start[u]:g.Start[u+1]] }

// Degree returns the length of row u.
func (g *Graph) Degree(u uint32) int { return int(g.Start[u+1] - g.Start[u]) }

// Transpose returns the graph with every link turned round. Rows come out
// ascending whatever the order in g.
func (g *Graph) Transpose() *Graph {
	n := g.Pages()
	t := &Graph{Start: make([]uint64, n+1), Target: make([]uint32, len(g.Target))}
	for _, v := range g.Target {
		t.Start[v+1]++
	}
	for v := range n {
		t.Start[v+1] += t.Start[v]
	}
	next := append([]uint64(nil), t.Start[:n]...)
	for u := range n {
		for _, v := range g.Target[g.Start[u]:g.Start[u+1]] {
			t.Target[next[v]] = uint32(u)
			next[v]++
		}
	}
	return t
}

// TransposeParallel returns what Transpose does, whatever the number of workers. Each
// worker holds 4 bytes a page while it lasts.
func (g *Graph) TransposeParallel(workers int) *Graph {
	workers = min(workers, 8, len(g.Target)>>16+1)
	n := g.Pages()
	if workers <= 1 || uint64(len(g.Target)) >= 1<<32 {
		return g.Transpose()
	}
	t := &Graph{Start: make([]uint64, n+1), Target: make([]uint32, len(g.Target))}
	bounds := make([]int, workers+1) // of the sources of each worker
	for w := range workers {
		at, _ := slices.BinarySearch(g.Start, uint64(len(g.Target)*w/workers))
		bounds[w] = min(at, n)
	}
	bounds[0], bounds[workers] = 0, n
	next := make([][]uint32, workers) // counts, then where the worker's next link into a page goes
	each := func(do func(w int)) {
		var group sync.WaitGroup
		for w := range workers {
			group.Go(func() { do(w) })
		}
		group.Wait()
	}
	each(func(w int) {
		next[w] = make([]uint32, n)
		for _, v := range g.Target[g.Start[bounds[w]]:g.Start[bounds[w+1]]] {
			next[w][v]++
		}
	})
	at := uint32(0)
	for v := range n {
		for w := range workers {
			next[w][v], at = at, at+next[w][v]
		}
		t.Start[v+1] = uint64(at)
	}
	each(func(w int) {
		next := next[w]
		for u := bounds[w]; u < bounds[w+1]; u++ {
			for _, v := range g.Row(uint32(u)) {
				t.Target[next[v]] = uint32(u)
				next[v]++
			}
		}
	})
	return t
}
