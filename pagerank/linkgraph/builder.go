package linkgraph

import (
	"errors"
	"hash/maphash"

	"freshrank/pagerank/csr"
	"freshrank/pagerank/link"
)

// Builder makes a Graph from links in any order, as an import has them. Pages
// with out-links count as crawled at [link.Imported], older than every event.
//
// Until Graph it holds 8 bytes a link (12 more for one that bears a rel), and for
// each page its URL and up to 31 bytes. Graph takes another 4 bytes a link and 20 a
// page at its peak, and gives back what it no longer needs as it goes.
type Builder struct {
	pages interner
	links csr.Builder
	parts []*Part
	main  *Part
	stats Stats // what Graph found
	built bool
}

// Part takes pages and links for one goroutine; several parts of a [Builder] may be
// filled at the same time. Neither order nor part leaves a trace in the graph.
type Part struct {
	pages  *interner
	links  *csr.Part
	marked []marked
	self   int64

	source []byte // of the last AddLink, and its number: most have that of the one before
	from   uint32
	last   uint32 // source of the last AddNumbers, which is crawled
	any    bool   // there was one
}

// Stats counts what a Builder was given.
type Stats struct {
	Pages      int64 // distinct URLs
	Links      int64 // distinct links between different pages; known after Graph
	Duplicates int64 // further copies of a link, collapsed; known after Graph
	SelfLoops  int64 // links of a page to itself, dropped
}

// ErrNoPages and ErrNoLinks are returned by [Builder.Graph] for what is surely a
// mistake of whoever imports, ErrTooManyPages where 32 bits do not number them all.
var (
	ErrNoPages      = errors.New("graph has no pages")
	ErrNoLinks      = errors.New("graph has no links between different pages")
	ErrTooManyPages = errors.New("graph has more pages than can be numbered, about 4 billion")
)

// NewBuilder returns an empty Builder.
func NewBuilder() *Builder {
	b := &Builder{pages: interner{seed: maphash.MakeSeed()}, links: csr.Builder{Dedupe: true}}
	b.main = b.Part()
	return b
}

// Part returns a new part. Whoever fills it must have finished before Graph.
func (b *Builder) Part() *Part {
	p := &Part{pages: &b.pages, links: b.links.Part()}
	b.parts = append(b.parts, p)
	return p
}

// AddPage adds a crawled page, with or without links. url must be canonical.
func (b *Builder) AddPage(url string) { b.main.AddPage([]byte(url)) }

// AddLink adds a link; its source counts as crawled. URLs must be canonical.
func (b *Builder) AddLink(source, target string, rel link.Rel) {
	b.main.AddLink([]byte(source), []byte(target), rel)
}

// AddPage is [Builder.AddPage]; it keeps nothing of url.
func (p *Part) AddPage(url []byte) { p.pages.crawled(p.pages.number(url)) }

// AddLink is [Builder.AddLink]; it keeps nothing of the URLs.
func (p *Part) AddLink(source, target []byte, rel link.Rel) {
	if string(p.source) != string(source) || len(source) == 0 {
		p.source = append(p.source[:0], source...)
		p.from = p.Number(source)
	}
	p.AddNumbers(p.from, p.Number(target), rel)
}

// Number makes a page known, and returns by what number AddNumbers calls it, in any
// part of the same Builder and nowhere else.
func (p *Part) Number(url []byte) uint32 { return p.pages.number(url) }

// AddNumbers is AddLink between pages whose numbers are known.
func (p *Part) AddNumbers(source, target uint32, rel link.Rel) {
	if source != p.last || !p.any {
		p.pages.crawled(source)
		p.last, p.any = source, true
	}
	switch {
	case source == target:
		p.self++
	case rel == 0:
		p.links.Add(source, target)
	default:
		p.marked = append(p.marked, marked{source, target, rel})
	}
}

// Stats returns the counts so far.
func (b *Builder) Stats() Stats {
	if b.built {
		return b.stats
	}
	s := Stats{Links: int64(b.links.Links())}
	pages, _ := b.pages.count()
	s.Pages = int64(pages)
	for _, p := range b.parts {
		s.Links, s.SelfLoops = s.Links+int64(len(p.marked)), s.SelfLoops+p.self
	}
	return s
}

// Graph returns the graph. The Builder must not be added to afterwards.
func (b *Builder) Graph() (*Graph, error) {
	switch s := b.Stats(); {
	case s.Pages == 0:
		return nil, ErrNoPages
	case b.pages.full():
		return nil, ErrTooManyPages
	case s.Links == 0:
		return nil, ErrNoLinks
	}
	b.stats, b.built = b.Stats(), true
	g := &Graph{}
	place := b.placePages(g)
	b.links.Relabel(place)
	var rest []marked
	for _, p := range b.parts {
		rest, p.marked = append(rest, p.marked...), nil
	}
	for i, m := range rest {
		rest[i].source, rest[i].target = place[m.source], place[m.target]
	}
	links, err := b.links.Build(g.Pages())
	if err != nil {
		return nil, err
	}
	g.Links = *links
	if len(rest) > 0 {
		g.merge(rest)
	}
	b.stats.Duplicates = b.stats.Links - int64(g.Links.Links())
	b.stats.Links = int64(g.Links.Links())
	return g, nil
}

// placePages moves the pages into g, in URL order, and returns the new number of each.
func (b *Builder) placePages(g *Graph) []uint32 {
	order := b.pages.sorted(nil)
	_, bound := b.pages.count()
	place := make([]uint32, bound)
	g.Kinds = make([]link.Kind, 0, len(order))
	g.Versions.of = make([]uint32, 0, len(order))
	for i, k := range order {
		version, kind := link.Version{}, b.pages.kind(k.number)
		if kind == link.Crawled {
			version = link.Imported
		}
		g.AppendPage(b.pages.url(k.number), kind, version)
		place[k.number] = uint32(i)
	}
	b.pages = interner{}
	return place
}
