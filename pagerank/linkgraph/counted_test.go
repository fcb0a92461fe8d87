package linkgraph

import (
	"math/rand/v2"
	"slices"
	"testing"

	"freshrank/pagerank/link"
)

// TestCounted compares rows with what the pages' folded states say.
func TestCounted(t *testing.T) {
	bare := fold(nil, randomEvents(rand.New(rand.NewPCG(3, 3)), 300, 40)).Graph()
	bare.Rels = nil
	most := fold(nil, randomEvents(rand.New(rand.NewPCG(5, 5)), 300, 40)).Graph()
	most.Rels = slices.Repeat([]link.Rel{link.NoFollow}, most.Links.Links())
	most.Rels[len(most.Rels)/2] = 0
	for name, g := range map[string]*Graph{
		"some links bear a rel": fold(nil, randomEvents(rand.New(rand.NewPCG(4, 4)), 300, 40)).Graph(),
		"none does":             bare,
		"all but one do":        most,
		"no pages":              {},
	} {
		for _, policy := range []link.RelPolicy{link.CountAll, link.DropMarked} {
			c := g.Counted(policy)
			if c.Pages() != g.Pages() {
				t.Fatalf("%s: %d rows for %d pages", name, c.Pages(), g.Pages())
			}
			for p := range link.Page(g.Pages()) {
				s := g.State(p)
				var want []uint32
				for _, to := range s.Counted(policy, nil) {
					want = append(want, uint32(to))
				}
				if row := c.Row(uint32(p)); !slices.Equal(row, want) || c.Degree(uint32(p)) != len(want) {
					t.Errorf("%s, policy %v: page %d has %v, degree %d, want %v", name, policy, p, row, c.Degree(uint32(p)), want)
				}
			}
		}
	}
}
