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
	"freshrank/pagerank/csr"
	"freshrank/pagerank/link"
)

// Graph is the folded state of every page at one cut. Columns are indexed by
// [link.Page]; the zero Graph has no pages. It must not be changed once in use.
type Graph struct {
	URLs     URLs        // canonical, strictly ascending
	Kinds    []link.Kind // what the newest snapshot said
	Versions Versions    // of the newest snapshot; zero where there is none
	Links    csr.Graph   // current links of each page, marked ones included
	Rels     []link.Rel  // of each link; nil: none bears any

	// Sparse: only aliases, and only pages with single-link events newer than their
	// snapshot.
	Targets map[link.Page]link.Page
	Added   map[link.Page]link.Version
	Edits   map[link.Page][]link.Edit

	index index // made by the first Key or Find
}

// Pages returns the number of pages, ranked or not.
func (g *Graph) Pages() int {
	if g == nil {
		return 0
	}
	return g.URLs.Len()
}

// URL returns the canonical URL of p.
func (g *Graph) URL(p link.Page) string { return g.URLs.At(p) }

// Key returns the identity of p. The first call computes all keys, unless SetKeys did.
func (g *Graph) Key(p link.Page) link.PageKey {
	g.index.makeKeys(&g.URLs)
	return g.index.keys[p]
}

// SetKeys gives g the keys of all its pages, which must be right, so that it need not
// compute them. It keeps the slice.
func (g *Graph) SetKeys(keys []link.PageKey) { g.index.keys = keys }

// Find returns the page with the given key. The first call calls Index.
func (g *Graph) Find(key link.PageKey) (link.Page, bool) {
	if g == nil {
		return link.NoPage, false
	}
	g.Index()
	return g.index.find(key)
}

// Index builds an index of pages by key, if there is none yet: 21 bytes a page.
func (g *Graph) Index() {
	g.index.makeKeys(&g.URLs)
	g.index.makeSlots()
}

// Edges returns the current links of p, marked ones included, ascending by To.
func (g *Graph) Edges(p link.Page) []link.Edge {
	row := g.Links.Row(uint32(p))
	edges := make([]link.Edge, len(row))
	for i, v := range row {
		edges[i] = link.Edge{To: link.Page(v), Rel: g.rel(g.Links.Start[p] + uint64(i))}
	}
	return edges
}

// rel returns the rel of the link that stands at a place.
func (g *Graph) rel(at uint64) link.Rel {
	if g.Rels == nil {
		return 0
	}
	return g.Rels[at]
}

// State returns the folded state of p.
func (g *Graph) State(p link.Page) link.State {
	target := link.NoPage
	if g.Kinds[p] == link.Alias {
		target = g.Targets[p]
	}
	return link.State{
		Kind: g.Kinds[p], Target: target, Version: g.Versions.At(p),
		Added: g.Added[p], Links: g.Edges(p), Edits: g.Edits[p],
	}
}

// AliasOf returns the published alias target of p; see [link.State.AliasOf].
func (g *Graph) AliasOf(p link.Page) (link.Page, bool) {
	if g.Kinds[p] != link.Alias {
		return link.NoPage, false
	}
	s := link.State{Kind: link.Alias, Target: g.Targets[p], Version: g.Versions.At(p), Added: g.Added[p]}
	return s.AliasOf()
}

// AppendPage gives g another page; its links are to be appended next, then ended by
// EndRow.
func (g *Graph) AppendPage(url []byte, kind link.Kind, version link.Version) {
	g.URLs.Append(url)
	g.Kinds = append(g.Kinds, kind)
	g.Versions.Append(version)
}

// AppendLink appends a link to the row that is being written.
func (g *Graph) AppendLink(to link.Page, rel link.Rel) {
	if rel != 0 && g.Rels == nil {
		g.Rels = make([]link.Rel, len(g.Links.Target), cap(g.Links.Target))
	}
	g.Links.Target = append(g.Links.Target, uint32(to))
	if g.Rels != nil {
		g.Rels = append(g.Rels, rel)
	}
}

// EndRow ends the row of the next page without one.
func (g *Graph) EndRow() {
	if g.Links.Start == nil {
		g.Links.Start = make([]uint64, 1, g.Pages()+1)
	}
	g.Links.Start = append(g.Links.Start, uint64(len(g.Links.Target)))
}

// SetTarget makes the alias p stand for target.
func (g *Graph) SetTarget(p, target link.Page) {
	if g.Targets == nil {
		g.Targets = map[link.Page]link.Page{}
	}
	g.Targets[p] = target
}
