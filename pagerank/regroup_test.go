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
		c := findComponents(g, everyone)
		before = slices.Clone(c.order)
		regroup(g, c)
		if a, b := slices.Sorted(slices.Values(before)), slices.Sorted(slices.Values(c.order)); !slices.Equal(a, b) {
			t.Fatal("pages were lost")
		}
		return before, c.order
	}
	g := ring(t, pages, near/2, self)
	if _, got := order(g); !slices.IsSortedFunc(got, func(a, b uint32) int { return int(a/near) - int(b/near) }) {
		t.Error("near numbers do not stay together")
	}
	if hubs(g) {
		t.Error("a ring has no hubs")
	}
	before, got := order(ring(t, pages, near/2, func(u int) uint32 { return uint32(shuffled[u]) }))
	if !slices.Equal(before, got) {
		t.Error("the order of the search was spoilt where it brings links near")
	}
	if before, got := order(ring(t, near, near, self)); !slices.Equal(before, got) {
		t.Error("a small component was touched")
	}
}

// TestHubs: a tenth of the links are anybody's, the others those of every 100th page.
func TestHubs(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	var b csr.Builder
	for u := uint32(0); u < many; u += 2 {
		b.Add(u, rng.Uint32N(many))
		if u%100 == 0 {
			for range 500 {
				b.Add(u, rng.Uint32N(many))
			}
		}
	}
	g, err := b.Build(many)
	if err != nil {
		t.Fatal(err)
	}
	if !hubs(g) {
		t.Fatal("no hubs found")
	}
	s, err := NewSolver(Problem{Out: g})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(s.order, func(a, b uint32) int { return g.Degree(b) - g.Degree(a) }) {
		t.Error("pages are not sorted by degree")
	}
	for v := range s.order {
		for _, u := range s.outer(v) {
			if g.Degree(s.order[v]) > 0 || int(u) >= v {
				t.Fatalf("place %d has a link from the earlier component of place %d", v, u)
			}
		}
	}
}
