package csr

import "fmt"

// Check returns an error that names the first fault of a graph that came from
// elsewhere, such as a file: starts that do not ascend, or a target that is no
// row. A [Builder]'s graphs have none.
func (g *Graph) Check() error {
	if len(g.Start) == 0 {
		if len(g.Target) != 0 {
			return fmt.Errorf("graph has %d links but no rows", len(g.Target))
		}
		return nil
	}
	n := g.Pages()
	if g.Start[0] != 0 || g.Start[n] != uint64(len(g.Target)) {
		return fmt.Errorf("rows span links %d … %d: want 0 … %d", g.Start[0], g.Start[n], len(g.Target))
	}
	for u := range n {
		if g.Start[u] > g.Start[u+1] {
			return fmt.Errorf("row %d starts at %d, after its end %d", u, g.Start[u], g.Start[u+1])
		}
	}
	for i, v := range g.Target {
		if int(v) >= n {
			return fmt.Errorf("link %d leads to page %d: there are only %d pages", i, v, n)
		}
	}
	return nil
}
