package pagerank

import (
	"math/rand/v2"
	"slices"
	"testing"

	"freshrank/pagerank/csr"
)

func graph(t *testing.T, pages int, links ...[2]uint32) *csr.Graph {
	t.Helper()
	var b csr.Builder
	for _, l := range links {
		b.Add(l[0], l[1])
	}
	g, err := b.Build(pages)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func everyone(int) bool { return true }

// sets returns the components with their pages ascending.
func (c components) sets() (sets [][]uint32) {
	for i := range c.end {
		set := slices.Clone(c.order[c.begin(i):c.end[i]])
		slices.Sort(set)
		sets = append(sets, set)
	}
	return sets
}

// TestComponentsByHand: 0 ⇄ 1 → 2 → 3 → 4 → 2, 5 → 0, 4 → 6, and 7 alone.
func TestComponentsByHand(t *testing.T) {
	g := graph(t, 8, [2]uint32{0, 1}, [2]uint32{1, 0}, [2]uint32{1, 2}, [2]uint32{2, 3}, [2]uint32{3, 4},
		[2]uint32{4, 2}, [2]uint32{5, 0}, [2]uint32{4, 6})
	c := findComponents(g, everyone)
	want := [][]uint32{{5}, {0, 1}, {2, 3, 4}, {7}, {6}} // the dangling 7 and 6 behind all others
	if got := c.sets(); !slices.EqualFunc(got, want, slices.Equal) {
		t.Errorf("components %v, want %v", got, want)
	}
	if !slices.Equal(c.level, []uint32{3, 2, 1, 0, 0}) {
		t.Errorf("levels %v", c.level)
	}
}

// TestComponentsAgainstReach compares with who reaches whom, worked out one by one.
func TestComponentsAgainstReach(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for range 500 {
		n := 1 + rng.IntN(30)
		var links [][2]uint32
		for range rng.IntN(3 * n) {
			links = append(links, [2]uint32{rng.Uint32N(uint32(n)), rng.Uint32N(uint32(n))})
		}
		g := graph(t, n, links...)
		reach := make([][]bool, n)
		for u := range n {
			reach[u] = make([]bool, n)
			reach[u][u] = true
			for todo := []uint32{uint32(u)}; len(todo) > 0; todo = todo[1:] {
				for _, v := range g.Row(todo[0]) {
					if !reach[u][v] {
						reach[u][v] = true
						todo = append(todo, v)
					}
				}
			}
		}
		c := findComponents(g, everyone)
		component := make([]int, n)
		for i, set := range c.sets() {
			for _, u := range set {
				component[u] = i
			}
		}
		if len(c.order) != n || !slices.IsSortedFunc(c.level, func(a, b uint32) int { return int(b) - int(a) }) {
			t.Fatalf("%d places for %d pages, levels %v", len(c.order), n, c.level)
		}
		for u := range n {
			for v := range n {
				same := reach[u][v] && reach[v][u]
				if same != (component[u] == component[v]) {
					t.Fatalf("pages %d and %d: same component %v, want %v", u, v, !same, same)
				}
				if !same && reach[u][v] && c.level[component[u]] <= c.level[component[v]] {
					t.Fatalf("page %d leads to %d but is at level %d, not above %d",
						u, v, c.level[component[u]], c.level[component[v]])
				}
			}
		}
	}
}
