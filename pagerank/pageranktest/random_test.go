package pageranktest

import (
	"slices"
	"testing"

	"freshrank/pagerank/csr"
)

// TestRandomGraphs holds what kron and uniform have in common: links both ways, none
// twice, none to itself, about as many as asked for, always the same.
func TestRandomGraphs(t *testing.T) {
	for name, random := range map[string]func(uint64, int, int) *csr.Graph{"kron": Kron, "uniform": Uniform} {
		for _, scale := range []int{1, 2, 5, 12} {
			g, again, other := random(7, scale, 8), random(7, scale, 8), random(8, scale, 8)
			if err := g.Check(); err != nil || g.Pages() != 1<<scale {
				t.Fatalf("%s of scale %d has %d pages: %v", name, scale, g.Pages(), err)
			}
			if !slices.Equal(g.Target, again.Target) || scale == 12 && slices.Equal(g.Target, other.Target) {
				t.Errorf("%s of scale %d does not depend on the seed, or not only", name, scale)
			}
			for u := range uint32(g.Pages()) {
				for i, v := range g.Row(u) {
					if _, back := slices.BinarySearch(g.Row(v), u); v == u || !back || i > 0 && g.Row(u)[i-1] == v {
						t.Fatalf("%s of scale %d: link %d of page %d leads to %d", name, scale, i, u, v)
					}
				}
			}
			if most := 2 * 8 << scale; g.Links() > most || scale == 12 && g.Links() < most/2 {
				t.Errorf("%s of scale %d has %d links of %d", name, scale, g.Links(), most)
			}
		}
	}
}

// TestKronIsSkewed: the greatest degree of the GAP benchmark's graph of scale 12 and
// degree 8 is more than thirty times the average, and a quarter of its pages have no link.
func TestKronIsSkewed(t *testing.T) {
	g, most, none := Kron(1, 12, 8), 0, 0
	for u := range uint32(g.Pages()) {
		most = max(most, g.Degree(u))
		if g.Degree(u) == 0 {
			none++
		}
	}
	t.Logf("greatest degree %d, %d links, %d of %d pages without", most, g.Links(), none, g.Pages())
	if most < 30*g.Links()/g.Pages() || none < g.Pages()/5 || none > g.Pages()/2 {
		t.Errorf("greatest degree %d, %d of %d pages without links", most, none, g.Pages())
	}
	if even := Uniform(1, 12, 8); even.Degree(0) > 50 || even.Degree(0) == 0 {
		t.Errorf("uniform: page 0 has %d links", even.Degree(0))
	}
}

func TestShuffledIsTheSameGraph(t *testing.T) {
	g := NewWeb(3, 2000, 20_000).Graph()
	s := Shuffled(1, g)
	if err := s.Check(); err != nil || s.Links() != g.Links() || slices.Equal(g.Target, s.Target) {
		t.Fatalf("%d links of %d: %v", s.Links(), g.Links(), err)
	}
	degrees := func(g *csr.Graph) (all []int) {
		in := g.Transpose()
		for u := range uint32(g.Pages()) {
			all = append(all, g.Degree(u)<<32|in.Degree(u))
		}
		slices.Sort(all)
		return all
	}
	if !slices.Equal(degrees(g), degrees(s)) {
		t.Error("pages have other numbers of links than before")
	}
	if gaussSeidel(s, 1e-9) < 10 {
		t.Error("it became easy")
	}
}
