package linkgraph

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"freshrank/pagerank/link"
)

// Builder makes a Graph from links in any order, as an import has them. Pages
// with out-links count as crawled at [link.Imported], older than every event.
type Builder struct {
	number map[string]link.Page
	urls   []string
	kinds  []link.Kind
	edges  []edge
	self   int64
	double int64
}

type edge struct {
	from link.Page
	link.Edge
}

// Stats counts what a Builder was given.
type Stats struct {
	Pages      int64 // distinct URLs
	Links      int64 // distinct links between different pages; known after Graph
	Duplicates int64 // further copies of a link, collapsed; known after Graph
	SelfLoops  int64 // links of a page to itself, dropped
}

// ErrNoPages and ErrNoLinks are returned by [Builder.Graph] for what is surely a
// mistake of whoever imports.
var (
	ErrNoPages = errors.New("graph has no pages")
	ErrNoLinks = errors.New("graph has no links between different pages")
)

// NewBuilder returns an empty Builder.
func NewBuilder() *Builder { return &Builder{number: map[string]link.Page{}} }

// AddPage adds a crawled page, with or without links. url must be canonical.
func (b *Builder) AddPage(url string) { b.kinds[b.page(url)] = link.Crawled }

// AddLink adds a link; its source counts as crawled. URLs must be canonical.
func (b *Builder) AddLink(source, target string, rel link.Rel) {
	from, to := b.page(source), b.page(target)
	b.kinds[from] = link.Crawled
	if from == to {
		b.self++
		return
	}
	b.edges = append(b.edges, edge{from, link.Edge{To: to, Rel: rel}})
}

func (b *Builder) page(url string) link.Page {
	p, ok := b.number[url]
	if !ok {
		p = link.Page(len(b.urls))
		url = strings.Clone(url)
		b.number[url] = p
		b.urls = append(b.urls, url)
		b.kinds = append(b.kinds, link.Unseen)
	}
	return p
}

// Stats returns the counts so far.
func (b *Builder) Stats() Stats {
	return Stats{Pages: int64(len(b.urls)), Links: int64(len(b.edges)) - b.double, Duplicates: b.double, SelfLoops: b.self}
}

// Graph returns the graph. The Builder must not be added to afterwards.
func (b *Builder) Graph() (*Graph, error) {
	if len(b.urls) == 0 {
		return nil, ErrNoPages
	}
	if len(b.edges) == 0 {
		return nil, ErrNoLinks
	}
	order, place := byURL(b.urls)
	n := len(b.urls)
	g := &Graph{}
	for _, p := range order {
		version := link.Version{}
		if b.kinds[p] == link.Crawled {
			version = link.Imported
		}
		g.AppendPage([]byte(b.urls[p]), b.kinds[p], version)
	}
	for i := range b.edges {
		e := &b.edges[i]
		e.from, e.To = place[e.from], place[e.To]
	}
	slices.SortFunc(b.edges, func(a, c edge) int {
		return cmp.Or(cmp.Compare(a.from, c.from), cmp.Compare(a.To, c.To))
	})
	g.Links.Start, g.Links.Target = make([]uint64, 1, n+1), make([]uint32, 0, len(b.edges))
	for i, e := range b.edges {
		if i > 0 && b.edges[i-1].from == e.from && b.edges[i-1].To == e.To {
			if collapsed := e.Rel.Collapse(g.rel(uint64(len(g.Links.Target) - 1))); g.Rels != nil {
				g.Rels[len(g.Rels)-1] = collapsed
			}
			b.double++
			continue
		}
		for len(g.Links.Start) <= int(e.from) {
			g.EndRow()
		}
		g.AppendLink(e.To, e.Rel)
	}
	for len(g.Links.Start) <= n {
		g.EndRow()
	}
	return g, nil
}

// byURL returns the pages in the order of their URLs, and each page's place in it.
func byURL(urls []string) (order, place []link.Page) {
	order, place = make([]link.Page, len(urls)), make([]link.Page, len(urls))
	for p := range order {
		order[p] = link.Page(p)
	}
	slices.SortFunc(order, func(a, b link.Page) int { return strings.Compare(urls[a], urls[b]) })
	for i, p := range order {
		place[p] = link.Page(i)
	}
	return order, place
}
