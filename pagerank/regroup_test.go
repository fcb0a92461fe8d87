package pagerank

import (
	"math/rand/v2"
	"slices"
	"testing"

	"freshrank/pagerank/csr"
)

// ring is a graph of one component: each page links to the next by name, and to
// others at a distance below reach.
func ring(t *testing.T, pages, reach int, name func(int) uint32) *csr.Graph {
	t.Helper()
	rng := rand.New(rand.NewPCG(2, 3))
	var b csr.Builder
	for u := range pages {
		b.Add(name(u), name((u+1)%pages))
		b.Add(name(u), name((u+rng.IntN(reach))%pages))
		if u%100 == 0 {
			b.Add(name(u), name((u+pages-rng.IntN(reach))%pages))
		}
	}
	g, err := b.Build(pages)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestRegroup holds that each kind of graph gets the order meant for it.
func TestRegroup(t *testing.T) {
	const pages = 20 * near
	self := func(u int) uint32 { return uint32(u) }
	shuffled := rand.New(rand.NewPCG(1, 1)).Perm(pages)
	order := func(g *csr.Graph) (before, after []uint32) {
		in := g.Transpose()
		c := findComponents(in, everyone)
		before = slices.Clone(c.order)
		regroup(in, c, g.Degree)
		if a, b := slices.Sorted(slices.Values(before)), slices.Sorted(slices.Values(c.order)); !slices.Equal(a, b) {
			t.Fatal("pages were lost")
		}
		return before, c.order
	}
	g := ring(t, pages, near/2, self)
	if _, got := order(g); !slices.IsSortedFunc(got, func(a, b uint32) int { return int(a/near) - int(b/near) }) {
		t.Error("near numbers do not stay together")
	}
	before, got := order(ring(t, pages, near/2, func(u int) uint32 { return uint32(shuffled[u]) }))
	if !slices.Equal(before, got) {
		t.Error("the order of the search was spoilt where it brings links near")
	}
	g = random(t, pages, 12)
	in := g.Transpose()
	c := findComponents(in, everyone)
	regroup(in, c, g.Degree)
	for i := range c.end {
		if set := c.order[c.begin(i):c.end[i]]; len(set) > pages/2 &&
			!slices.IsSortedFunc(set, func(a, b uint32) int { return g.Degree(b) - g.Degree(a) }) {
			t.Error("a graph without locality is not sorted by degree")
		}
	}
	if before, got := order(ring(t, near, near, self)); !slices.Equal(before, got) {
		t.Error("a small component was touched")
	}
}
