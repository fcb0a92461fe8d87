package pageranktest

import (
	"freshrank/pagerank"
	"freshrank/pagerank/csr"
)

// HandGraph is a graph whose un-normalised ranks were worked out on paper, for
// every damping α.
type HandGraph struct {
	Name  string
	Pages int
	Links [][2]uint32
	// Outside lists pages that are no members: they have no rank.
	Outside []int
	// X returns the ranks by page. The comment above it is the derivation.
	X func(a float64) []float64
}

// Problem returns the graph as a problem to solve.
func (h HandGraph) Problem() pagerank.Problem {
	var b csr.Builder
	for _, l := range h.Links {
		b.Add(l[0], l[1])
	}
	out, err := b.Build(h.Pages)
	if err != nil {
		panic(err) // the table below is wrong
	}
	p := pagerank.Problem{Out: out}
	if h.Outside != nil {
		p.Member = make([]bool, h.Pages)
		for u := range p.Member {
			p.Member[u] = true
		}
		for _, u := range h.Outside {
			p.Member[u] = false
		}
	}
	return p
}

// Hand returns the hand-checked graphs. In the derivations b = 1−a.
func Hand() []HandGraph {
	return []HandGraph{
		{
			Name: "one page", Pages: 1,
			// x0 = b, and π0 = 1 whatever a is.
			X: func(a float64) []float64 { return []float64{1 - a} },
		},
		{
			Name: "two pages, one link", Pages: 2, Links: [][2]uint32{{0, 1}},
			// x0 = b; x1 = b + a·x0 = b(1+a) = 1−a². At a = 0.85: 0.15 and 0.2775, so
			// π = 0.3509, 0.6491. The textbook form agrees: page 1 dangles, so
			// π0 = b/2 + a·π1/2 = 0.075 + 0.425·0.6491 = 0.3509.
			X: func(a float64) []float64 { return []float64{1 - a, 1 - a*a} },
		},
		{
			Name: "two pages that link to each other", Pages: 2, Links: [][2]uint32{{0, 1}, {1, 0}},
			// By symmetry x = b + a·x, so x = 1.
			X: func(float64) []float64 { return []float64{1, 1} },
		},
		{
			Name: "chain of five", Pages: 5, Links: [][2]uint32{{0, 1}, {1, 2}, {2, 3}, {3, 4}},
			// x0 = b = 1−a. If x_k = 1−a^(k+1), then x_(k+1) = b + a − a^(k+2) = 1 − a^(k+2).
			X: func(a float64) []float64 {
				return []float64{1 - a, 1 - a*a, 1 - a*a*a, 1 - a*a*a*a, 1 - a*a*a*a*a}
			},
		},
		{
			Name: "cycle of four", Pages: 4, Links: [][2]uint32{{0, 1}, {1, 2}, {2, 3}, {3, 0}},
			// Every page gets all of its predecessor: x = b + a·x, x = 1.
			X: func(float64) []float64 { return []float64{1, 1, 1, 1} },
		},
		{
			Name: "star, all point to the dangling hub 0", Pages: 4, Links: [][2]uint32{{1, 0}, {2, 0}, {3, 0}},
			// Leaves: x = b. Hub: x0 = b + a·3b.
			X: func(a float64) []float64 {
				b := 1 - a
				return []float64{b * (1 + 3*a), b, b, b}
			},
		},
		{
			Name: "star, there and back", Pages: 4,
			Links: [][2]uint32{{1, 0}, {2, 0}, {3, 0}, {0, 1}, {0, 2}, {0, 3}},
			// h = b + 3a·l and l = b + a·h/3, so h = b + 3ab + a²h = b(1+3a)/(1−a²),
			// that is (1+3a)/(1+a); l = b + a(1+3a)/(3(1+a)) = (3+a)/(3(1+a)).
			X: func(a float64) []float64 {
				h, l := (1+3*a)/(1+a), (3+a)/(3*(1+a))
				return []float64{h, l, l, l}
			},
		},
		{
			Name: "fork that ends in a dangling page", Pages: 3, Links: [][2]uint32{{0, 1}, {0, 2}, {1, 2}},
			// x0 = b; x1 = b + a·b/2; x2 = b + a·b/2 + a·x1 = b(1 + 3a/2 + a²/2).
			X: func(a float64) []float64 {
				b := 1 - a
				return []float64{b, b * (1 + a/2), b * (1 + 3*a/2 + a*a/2)}
			},
		},
		{
			Name: "two of three links lead to one page through an alias", Pages: 3,
			Links: [][2]uint32{{0, 1}, {0, 1}, {0, 2}},
			// d = 3 as published: x1 = b + 2a·b/3, x2 = b + a·b/3.
			X: func(a float64) []float64 {
				b := 1 - a
				return []float64{b, b * (1 + 2*a/3), b * (1 + a/3)}
			},
		},
		{
			Name: "a link that comes back through an alias", Pages: 2, Links: [][2]uint32{{0, 0}, {0, 1}},
			// x0 = b + a·x0/2 = b/(1−a/2); x1 = b + a·x0/2, the same sum.
			X: func(a float64) []float64 {
				x := (1 - a) / (1 - a/2)
				return []float64{x, x}
			},
		},
		{
			Name: "a page that only links to itself through an alias", Pages: 2, Links: [][2]uint32{{0, 0}},
			// x0 = b + a·x0 = 1; x1 = b.
			X: func(a float64) []float64 { return []float64{1, 1 - a} },
		},
		{
			Name: "no links", Pages: 3,
			// x = b for all, so π = 1/3 each: everyone is dangling.
			X: func(a float64) []float64 { return []float64{1 - a, 1 - a, 1 - a} },
		},
		{
			Name: "everyone links to everyone", Pages: 3,
			Links: [][2]uint32{{0, 1}, {0, 2}, {1, 0}, {1, 2}, {2, 0}, {2, 1}},
			// By symmetry x = b + a·2·x/2, so x = 1.
			X: func(float64) []float64 { return []float64{1, 1, 1} },
		},
		{
			Name: "a page outside, between two members", Pages: 3, Links: [][2]uint32{{0, 2}}, Outside: []int{1},
			// As two pages with one link: x0 = b, x2 = 1−a². Page 1 has no rank.
			X: func(a float64) []float64 { return []float64{1 - a, 0, 1 - a*a} },
		},
	}
}
