package linkgraph

import (
	"cmp"
	"slices"

	"freshrank/pagerank/csr"
	"freshrank/pagerank/link"
)

// marked is a link that bears a rel. They are few, and kept apart from the others.
type marked struct {
	source, target uint32
	rel            link.Rel
}

// merge adds links that bear a rel to those of g, none of which does yet. Several from
// one page to another become one, see [link.Rel.Collapse].
func (g *Graph) merge(all []marked) {
	slices.SortFunc(all, func(a, b marked) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.target, b.target))
	})
	kept := all[:0]
	for _, m := range all {
		last := len(kept) - 1
		if last >= 0 && kept[last].source == m.source && kept[last].target == m.target {
			kept[last].rel = kept[last].rel.Collapse(m.rel)
		} else if !g.links(m.source, m.target) {
			kept = append(kept, m)
		}
	}
	if len(kept) == 0 {
		return
	}
	plain := g.Links
	n, links := g.Pages(), plain.Links()+len(kept)
	g.Links = csr.Graph{Start: make([]uint64, 1, n+1), Target: make([]uint32, 0, links)}
	g.Rels = make([]link.Rel, 0, links)
	for p := range uint32(n) {
		row := plain.Row(p)
		for ; len(kept) > 0 && kept[0].source == p; kept = kept[1:] {
			for ; len(row) > 0 && row[0] < kept[0].target; row = row[1:] {
				g.AppendLink(link.Page(row[0]), 0)
			}
			g.AppendLink(link.Page(kept[0].target), kept[0].rel)
		}
		for _, v := range row {
			g.AppendLink(link.Page(v), 0)
		}
		g.EndRow()
	}
}

// links reports whether g has a link.
func (g *Graph) links(source, target uint32) bool {
	_, ok := slices.BinarySearch(g.Links.Row(source), target)
	return ok
}
