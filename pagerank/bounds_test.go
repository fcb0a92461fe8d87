package pagerank_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"freshrank/pagerank"
	"freshrank/pagerank/csr"
	"freshrank/pagerank/pageranktest"
)

// shapes make links among n pages, each in a way that is hard for someone.
var shapes = []struct {
	name string
	make func(rng *rand.Rand, n int, link func(u, v int))
}{
	{"chain", func(_ *rand.Rand, n int, link func(u, v int)) {
		for u := range n - 1 {
			link(u, u+1)
		}
	}},
	{"cycle", func(_ *rand.Rand, n int, link func(u, v int)) {
		for u := range n {
			link(u, (u+1)%n)
		}
	}},
	{"chain of cycles", func(rng *rand.Rand, n int, link func(u, v int)) {
		for begin := 0; begin < n; {
			end := min(begin+1+rng.IntN(7), n)
			for u := begin; u < end; u++ {
				link(u, begin+(u+1-begin)%(end-begin))
			}
			if end < n {
				link(begin, end)
			}
			begin = end
		}
	}},
	{"star to a dangling hub", func(_ *rand.Rand, n int, link func(u, v int)) {
		for u := 1; u < n; u++ {
			link(u, 0)
		}
	}},
	{"star, there and back", func(_ *rand.Rand, n int, link func(u, v int)) {
		for u := 1; u < n; u++ {
			link(u, 0)
			link(0, u)
		}
	}},
	{"two hubs that share no one, and a bridge", func(_ *rand.Rand, n int, link func(u, v int)) {
		for u := 2; u < n; u++ {
			link(u, u%2)
			link(u%2, u)
		}
		if n > 2 {
			link(0, 1)
		}
	}},
	{"everyone to everyone", func(_ *rand.Rand, n int, link func(u, v int)) {
		for u := range min(n, 12) {
			for v := range min(n, 12) {
				link(u, v)
			}
		}
	}},
	{"unconnected pairs", func(_ *rand.Rand, n int, link func(u, v int)) {
		for u := 0; u+1 < n; u += 2 {
			link(u, u+1)
			link(u+1, u)
		}
	}},
	{"self-similar", func(rng *rand.Rand, n int, link func(u, v int)) {
		for range 4 * n {
			u, v := 0, 0
			for u == 0 && v == 0 || u >= n || v >= n {
				u, v = 0, 0
				for bit := 1; bit < n; bit *= 2 {
					switch q := rng.Float64(); {
					case q < 0.19:
						u |= bit
					case q < 0.38:
						v |= bit
					case q < 0.43:
						u, v = u|bit, v|bit
					}
				}
				if n == 1 {
					break
				}
			}
			link(u, v)
		}
	}},
	{"sparse", func(rng *rand.Rand, n int, link func(u, v int)) {
		for range n {
			link(rng.IntN(n), rng.IntN(n))
		}
	}},
	{"dense", func(rng *rand.Rand, n int, link func(u, v int)) {
		for range 8 * n {
			link(rng.IntN(n), rng.IntN(n))
		}
	}},
	{"a web", func(rng *rand.Rand, n int, link func(u, v int)) {
		for u, v := range pageranktest.NewWeb(rng.Uint64(), n, 5*n).All() {
			link(int(u), int(v))
		}
	}},
}

// shaped returns a problem of a shape, its pages numbered at random, and in every other
// case with pages in between that are no members.
func shaped(rng *rand.Rand, shape int) pagerank.Problem {
	n := 1 + rng.IntN(80)
	pages := n
	p := pagerank.Problem{}
	if rng.IntN(2) == 0 {
		pages += rng.IntN(40)
		p.Member = make([]bool, pages)
	}
	number := rng.Perm(pages)[:n]
	if p.Member != nil {
		for _, u := range number {
			p.Member[u] = true
		}
	}
	var b csr.Builder
	shapes[shape].make(rng, n, func(u, v int) { b.Add(uint32(number[u]), uint32(number[v])) })
	out, err := b.Build(pages)
	if err != nil {
		panic(err)
	}
	p.Out = out
	return p
}

// hostile returns a start for a problem with solution x: none, good, or as bad as can be.
func hostile(rng *rand.Rand, x []float64) []float64 {
	start := slices.Clone(x)
	kind := rng.IntN(8)
	for u := range start {
		switch kind {
		case 0:
			return nil
		case 1: // good
			start[u] *= 1 + 1e-6*rng.NormFloat64()
		case 2: // good but for a few pages
			if rng.IntN(10) == 0 {
				start[u] = rng.ExpFloat64()
			}
		case 3:
			start[u] = 0
		case 4:
			start[u] = math.Pow(10, 16*rng.Float64()-8)
		case 5: // everything on one page
			if start[u] = 5e-324; u == 0 {
				start[u] = math.MaxFloat64
			}
		case 6:
			start[u] *= -1e6
		case 7: // someone else's
			start[u] = x[(u+1)%len(x)]
		}
	}
	return start
}

// TestErrorIsBelowItsBound ranks a thousand graphs of all shapes, to many tolerances, with
// many dampings, from no start, good ones and absurd ones, and holds: the error of the
// ranks together and of each page, against push, is at most what is certified; the
// conservation law holds; and 1, 2, 3 and 7 workers give the same bytes.
func TestErrorIsBelowItsBound(t *testing.T) {
	tries := 1000
	if testing.Short() {
		tries = 200
	}
	var worstL1, worstPage float64
	for try := range tries {
		rng := rand.New(rand.NewPCG(uint64(try), 23))
		shape := try % (len(shapes) + 1)
		name := "on paper"
		var p pagerank.Problem
		if shape < len(shapes) {
			name, p = shapes[shape].name, shaped(rng, shape)
		} else {
			hand := pageranktest.Hand()
			p = hand[rng.IntN(len(hand))].Problem()
		}
		o := pagerank.Options{Damping: 0.5 + 0.49*rng.Float64(), MaxSweeps: 20_000, Workers: 1}
		// The least tolerance that can be met grows as 1/(1−α).
		o.Tolerance = max(math.Pow(10, -3-9*rng.Float64()), 1e-13/(1-o.Damping))
		x := pageranktest.Solve(p.Out, p.Member, o.Damping)
		o.Start = hostile(rng, x)
		r := rank(t, p, o)
		c := r.Certificate
		if _, err := pageranktest.Verify(p, r); err != nil || !r.Converged || c.L1() > o.Tolerance || c.Drift() > 1e-12 {
			t.Fatalf("try %d, %s, damping %v to %v: converged %v after %d sweeps, certificate %+v: %v",
				try, name, o.Damping, o.Tolerance, r.Converged, r.Sweeps, c, err)
		}
		own := 1e-12 / (1 - o.Damping) // what the reference may be off by
		var sum, l1 float64
		for _, value := range x {
			sum += value
		}
		for u, value := range x {
			if value == 0 {
				continue
			}
			l1 += math.Abs(value/sum - (r.X[u]+r.Residual[u])/c.ServedSum())
			off := math.Abs(value-r.X[u]) / value
			if off > c.Epsilon()+own {
				t.Fatalf("try %d, %s: page %d is off by %v of itself, certified %v", try, name, u, off, c.Epsilon())
			}
			if c.Epsilon() > 1e3*own {
				worstPage = max(worstPage, off/c.Epsilon())
			}
		}
		if l1 > c.L1()+own {
			t.Fatalf("try %d, %s: ranks are off by %v, certified %v", try, name, l1, c.L1())
		}
		if c.L1() > 1e3*own {
			worstL1 = max(worstL1, l1/c.L1())
		}
		for _, o.Workers = range []int{2, 3, 7} {
			if again := rank(t, p, o); !same(again, r) {
				t.Fatalf("try %d, %s: %d workers and 1 give different results", try, name, o.Workers)
			}
		}
	}
	t.Logf("worst error ÷ bound: all ranks %.3f, a page %.3f", worstL1, worstPage)
	if worstL1 < 0.3 || worstPage < 0.5 {
		t.Error("errors never come close to their bounds: the test is too tame")
	}
}

func same(a, b *pagerank.Result) bool {
	return slices.Equal(a.X, b.X) && slices.Equal(a.Residual, b.Residual) && a.Certificate == b.Certificate && a.Followed == b.Followed
}
