package linkgraph

import (
	"fmt"
	"runtime"

	"freshrank/pagerank/link"
	"freshrank/pagerank/parallel"
)

// Check reports whether g, read from somewhere, is a graph at all: lengths that
// fit, URLs strictly ascending, targets that exist, rows ascending.
func Check(g *Graph) error {
	n := g.Pages()
	if uint64(n) >= uint64(link.NoPage) {
		return fmt.Errorf("graph has %d pages: at most %d can be numbered", n, link.NoPage-1)
	}
	if len(g.Kinds) != n || g.Versions.Len() != n || len(g.Links.Start) != n+1 || g.Rels != nil && len(g.Rels) != g.Links.Links() {
		return fmt.Errorf("graph of %d pages and %d links has columns of %d kinds, %d versions, %d row starts, %d rels",
			n, g.Links.Links(), len(g.Kinds), g.Versions.Len(), len(g.Links.Start), len(g.Rels))
	}
	if g.Links.Start[0] != 0 || g.Links.Start[n] != uint64(g.Links.Links()) {
		return fmt.Errorf("graph has %d links but its rows end at %d", g.Links.Links(), g.Links.Start[n])
	}
	// A fault of the first part that has one is returned: the same whatever happens.
	faults := make([]error, (n+checkPart-1)/checkPart)
	parallel.Each(runtime.GOMAXPROCS(0), len(faults), func(i int) {
		faults[i] = checkPages(g, link.Page(i*checkPart), link.Page(min((i+1)*checkPart, n)))
	})
	for _, err := range faults {
		if err != nil {
			return err
		}
	}
	return checkSparse(g, n)
}

// checkPart is how many pages are checked at a time.
const checkPart = 1 << 14

// checkPages checks the pages from ≤ p < to and that they follow those before them.
func checkPages(g *Graph, from, to link.Page) error {
	n, links := g.Pages(), uint64(g.Links.Links())
	first := max(from, 1) - 1
	var last []byte
	for p, url := range g.URLs.From(first, to) {
		if p > first && string(last) >= string(url) {
			return fmt.Errorf("page %d: URL %q does not follow %q", p, url, last)
		}
		last = append(last[:0], url...)
	}
	for p := from; p < to; p++ {
		if g.Kinds[p] > link.Alias {
			return fmt.Errorf("page %d: unknown kind %d", p, g.Kinds[p])
		}
		if g.Kinds[p] == link.Alias || len(g.Targets) > 0 {
			if target, ok := g.Targets[p]; ok != (g.Kinds[p] == link.Alias) || ok && int(target) >= n {
				return fmt.Errorf("page %d: kind %d with alias target %d", p, g.Kinds[p], target)
			}
		}
		if from, to := g.Links.Start[p], g.Links.Start[p+1]; from > to || to > links {
			return fmt.Errorf("page %d: row from %d to %d of %d links", p, from, to, links)
		}
		if err := checkRow(p, n, g.Links.Row(uint32(p))); err != nil {
			return err
		}
	}
	return nil
}

func checkRow(p link.Page, n int, row []uint32) error {
	for i, to := range row {
		if int(to) >= n || link.Page(to) == p || i > 0 && row[i-1] >= to {
			return fmt.Errorf("page %d: link %d of its row leads to page %d of %d: out of range, to itself or out of order", p, i, to, n)
		}
	}
	return nil
}

func checkSparse(g *Graph, n int) error {
	for p := range g.Targets {
		if int(p) >= n {
			return fmt.Errorf("page %d of %d has an alias target", p, n)
		}
	}
	for p := range g.Added {
		if int(p) >= n {
			return fmt.Errorf("page %d of %d has a newest addition", p, n)
		}
	}
	for p, edits := range g.Edits {
		if int(p) >= n {
			return fmt.Errorf("page %d of %d has single-link events", p, n)
		}
		for i, e := range edits {
			if int(e.To) >= n || e.To == p || i > 0 && edits[i-1].To >= e.To {
				return fmt.Errorf("page %d: single-link event %d is for page %d of %d: out of range, for itself or out of order", p, i, e.To, n)
			}
		}
	}
	return nil
}
