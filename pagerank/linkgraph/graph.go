// Package linkgraph owns the folded link graph: for every page that any event
// spoke of, its identity and its [link.State].
//
// A [Graph] is that at one cut of the log, immutable, its pages numbered in the
// order of their canonical URLs, so that pages of one host are neighbours and
// equal states give equal graphs whatever way they came about. An [Overlay] is a
// Graph plus the events that came after it: the batch layer compacts one into
// the next Graph, the speed layer lives on one.
//
// What is ranked is a pure function of the folded state, and both layers take it
// from here: [Graph.Effective] for a whole graph, and the same rules page by page
// in package incremental.
package linkgraph

import (
	"fmt"
	"sync"

	"freshrank/pagerank/csr"
	"freshrank/pagerank/hugepages"
	"freshrank/pagerank/link"
)

// Graph is the folded state of every page at one cut. Columns are indexed by
// [link.Page]; the zero Graph has no pages. It must not be changed once in use.
type Graph struct {
	URLs     []string       // canonical, strictly ascending
	Kinds    []link.Kind    // what the newest snapshot said
	Targets  []link.Page    // of an Alias; link.NoPage otherwise
	Versions []link.Version // of the newest snapshot; zero where there is none
	Start    []uint64       // len = pages+1: Links[Start[p]:Start[p+1]] are p's
	Links    []link.Edge    // current links of each page, ascending by To

	// Sparse: only pages with single-link events newer than their snapshot.
	Added map[link.Page]link.Version
	Edits map[link.Page][]link.Edit

	index     index // made by the first Find
	indexOnce sync.Once
}

// Pages returns the number of pages, ranked or not.
func (g *Graph) Pages() int {
	if g == nil {
		return 0
	}
	return len(g.URLs)
}

// URL returns the canonical URL of p.
func (g *Graph) URL(p link.Page) string { return g.URLs[p] }

// Key returns the identity of p.
func (g *Graph) Key(p link.Page) link.PageKey { return link.KeyOf(g.URLs[p]) }

// Row returns the current links of p, marked ones included, ascending by To.
func (g *Graph) Row(p link.Page) []link.Edge { return g.Links[g.Start[p]:g.Start[p+1]] }

// Find returns the page with the given key. The first call builds an index of
// 21 bytes a page.
func (g *Graph) Find(key link.PageKey) (link.Page, bool) {
	if g == nil {
		return link.NoPage, false
	}
	g.indexOnce.Do(func() { g.index = newIndex(g.URLs) })
	return g.index.find(key)
}

// State returns the folded state of p. Its slices are shared with g.
func (g *Graph) State(p link.Page) link.State {
	return link.State{
		Kind: g.Kinds[p], Target: g.Targets[p], Version: g.Versions[p],
		Added: g.Added[p], Links: g.Row(p), Edits: g.Edits[p],
	}
}

// Counted returns the links that carry rank under policy as published: rows by
// page, aliases not followed. The length of a row is the page's out-degree.
func (g *Graph) Counted(policy link.RelPolicy) *csr.Graph {
	n := g.Pages()
	out := &csr.Graph{Start: hugepages.Make[uint64](n + 1), Target: hugepages.Make[uint32](len(g.Links))[:0]}
	for p := range link.Page(n) {
		for _, e := range g.Row(p) {
			if policy.Counts(e.Rel) {
				out.Target = append(out.Target, uint32(e.To))
			}
		}
		out.Start[p+1] = uint64(len(out.Target))
	}
	return out
}

// AliasOf returns the published alias target of p; see [link.State.AliasOf].
func (g *Graph) AliasOf(p link.Page) (link.Page, bool) {
	if g.Kinds[p] != link.Alias {
		return link.NoPage, false
	}
	s := g.State(p)
	return s.AliasOf()
}

// Check reports whether g, read from somewhere, is a graph at all: lengths that
// fit, URLs strictly ascending, targets that exist, rows ascending.
func Check(g *Graph) error {
	n := len(g.URLs)
	if len(g.Kinds) != n || len(g.Targets) != n || len(g.Versions) != n || len(g.Start) != n+1 {
		return fmt.Errorf("graph of %d pages has columns of %d kinds, %d targets, %d versions, %d row starts",
			n, len(g.Kinds), len(g.Targets), len(g.Versions), len(g.Start))
	}
	if uint64(n) >= uint64(link.NoPage) {
		return fmt.Errorf("graph has %d pages: at most %d can be numbered", n, link.NoPage-1)
	}
	if g.Start[0] != 0 || g.Start[n] != uint64(len(g.Links)) {
		return fmt.Errorf("graph has %d links but its rows end at %d", len(g.Links), g.Start[n])
	}
	for p := range n {
		if p > 0 && g.URLs[p-1] >= g.URLs[p] {
			return fmt.Errorf("page %d: URL %q does not follow %q", p, g.URLs[p], g.URLs[p-1])
		}
		if g.Kinds[p] > link.Alias {
			return fmt.Errorf("page %d: unknown kind %d", p, g.Kinds[p])
		}
		if (g.Kinds[p] == link.Alias) != (g.Targets[p] != link.NoPage) || g.Kinds[p] == link.Alias && int(g.Targets[p]) >= n {
			return fmt.Errorf("page %d: kind %d with alias target %d", p, g.Kinds[p], g.Targets[p])
		}
		if g.Start[p] > g.Start[p+1] || g.Start[p+1] > uint64(len(g.Links)) {
			return fmt.Errorf("page %d: row from %d to %d of %d links", p, g.Start[p], g.Start[p+1], len(g.Links))
		}
		if err := checkRow(link.Page(p), n, g.Row(link.Page(p))); err != nil {
			return err
		}
	}
	return checkSparse(g, n)
}

func checkRow(p link.Page, n int, row []link.Edge) error {
	for i, e := range row {
		if int(e.To) >= n || e.To == p || i > 0 && row[i-1].To >= e.To {
			return fmt.Errorf("page %d: link %d of its row leads to page %d of %d: out of range, to itself or out of order", p, i, e.To, n)
		}
	}
	return nil
}

func checkSparse(g *Graph, n int) error {
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
