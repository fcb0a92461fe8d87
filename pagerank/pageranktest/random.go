package pageranktest

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"

	"freshrank/pagerank/csr"
)

// Kron returns the graph of that name in the GAP benchmark (Beamer, Asanović and
// Patterson, 2015): 2^scale pages, numbered at random, and degree·2^scale pairs of
// them by the recursive rule of Graph500 (R-MAT with 0.57, 0.19, 0.19, 0.05), each of
// which is a link both ways. So a page has about twice degree links, less the
// duplicates and self-loops, which are dropped: few pages have most, many have none.
func Kron(seed uint64, scale, degree int) *csr.Graph {
	return symmetric(seed, scale, degree, func(rng *rand.Rand) (u, v uint32) {
		// A quadrant a level, by 16 random bits q and without branches, which nobody
		// could predict: u's bit is q ≥ .76, v's is .57 ≤ q < .76 or q ≥ .95.
		const one = 1 << 16
		const a, b, c = one * 57 / 100, one * 76 / 100, one * 95 / 100
		for level := 0; level < scale; level += 4 {
			bits := rng.Uint64()
			for range min(4, scale-level) {
				q := uint32(bits & (one - 1))
				overA, overB, overC := (a-1-q)>>31, (b-1-q)>>31, (c-1-q)>>31
				u, v = u<<1|overB, v<<1|overA^overB^overC
				bits >>= 16
			}
		}
		return shuffledID(seed, u, scale), shuffledID(seed, v, scale)
	})
}

// Uniform returns a graph as [Kron] does, but of pairs drawn evenly (the GAP
// benchmark's urand): nothing about it is like the web, no order helps.
func Uniform(seed uint64, scale, degree int) *csr.Graph {
	return symmetric(seed, scale, degree, func(rng *rand.Rand) (u, v uint32) {
		bits := rng.Uint64()
		return uint32(bits) & (1<<scale - 1), uint32(bits>>32) & (1<<scale - 1)
	})
}

// symmetric makes degree·2^scale pairs, blocks of which depend on nothing but their
// number, and links them both ways.
func symmetric(seed uint64, scale, degree int, pair func(*rand.Rand) (u, v uint32)) *csr.Graph {
	const block = 1 << 16
	b := csr.Builder{Dedupe: true}
	pairs := degree << scale
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (pairs+block-1)/block) {
		part := b.Part()
		group.Go(func() {
			for n := int(next.Add(1)) - 1; n*block < pairs; n = int(next.Add(1)) - 1 {
				rng := rand.New(rand.NewPCG(seed, uint64(n)))
				for range min(block, pairs-n*block) {
					if u, v := pair(rng); u != v {
						part.Add(u, v)
						part.Add(v, u)
					}
				}
			}
		})
	}
	group.Wait()
	g, err := b.Build(1 << scale)
	if err != nil {
		panic(err) // pages have scale bits
	}
	return g
}

// shuffledID permutes the numbers of scale bits: odd factors and shifts to the right
// are undone by others, so no two meet.
func shuffledID(seed uint64, v uint32, scale int) uint32 {
	mask := uint64(1)<<scale - 1
	x := uint64(v)
	for round := range uint64(3) {
		x = (x*(0x9e3779b97f4a7c15+2*(seed^round)) + seed) & mask
		x ^= x >> (scale/2 + 1)
	}
	return uint32(x)
}

// Shuffled returns g with its pages numbered at random: the same graph, without the
// order that a crawl has.
func Shuffled(seed uint64, g *csr.Graph) *csr.Graph {
	n := g.Pages()
	number := make([]uint32, n) // new, by old
	for u := range number {
		number[u] = uint32(u)
	}
	rng := rand.New(rand.NewPCG(seed, saltShuffle))
	rng.Shuffle(n, func(i, j int) { number[i], number[j] = number[j], number[i] })
	s := &csr.Graph{Start: make([]uint64, n+1), Target: make([]uint32, g.Links())}
	for u, v := range number {
		s.Start[v+1] = uint64(g.Degree(uint32(u)))
	}
	for v := range n {
		s.Start[v+1] += s.Start[v]
	}
	inParallel(n, 1<<12, func(from, to int) {
		for u := from; u < to; u++ {
			v := number[u]
			row := s.Target[s.Start[v]:s.Start[v]:s.Start[v+1]]
			for _, t := range g.Row(uint32(u)) {
				row = append(row, number[t])
			}
			tidy(row, 0) // the same length: no two are equal
		}
	})
	return s
}
