package bench

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"

	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/pagerank/csr"
	"freshrank/pagerank/incremental"
	"freshrank/pagerank/link"
)

// Mix is what kind of events come: single links, of which Add in Add+Remove come and
// the others go; or, with both zero, crawls.
type Mix struct{ Add, Remove int }

// ParseMix reads add:80,remove:20 or crawl.
func ParseMix(s string) (Mix, error) {
	fault := fmt.Errorf("mix %s: write add:80,remove:20 in any proportion, or crawl", s)
	if s == "crawl" {
		return Mix{}, nil
	}
	var m Mix
	for part := range strings.SplitSeq(s, ",") {
		name, weight, _ := strings.Cut(part, ":")
		n, err := strconv.Atoi(weight)
		if err != nil || n < 0 || n > 1e6 {
			return m, fault
		}
		switch name {
		case "add":
			m.Add = n
		case "remove":
			m.Remove = n
		default:
			return m, fault
		}
	}
	if m.Add+m.Remove == 0 {
		return m, fault
	}
	return m, nil
}

// batch is a micro-batch: single links, or whole pages.
type batch struct {
	links []incremental.Link
	pages []crawl

	events, changes, takenIn int
}

type crawl struct {
	page  uint32
	links []link.Edge
}

// rows is the graph before all changes, and as the batches that were folded have left it:
// crawls as they come, single links when all have.
type rows struct {
	base    *csr.Graph
	at      []uint32      // by page: its place in current, 0 if it has not changed
	current [][]link.Edge // current[0] is nobody's
	workers int
}

func newRows(base *csr.Graph, workers int) *rows {
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return &rows{base: base, at: make([]uint32, base.Pages()), current: make([][]link.Edge, 1), workers: workers}
}

func (r *rows) set(p uint32, links []link.Edge) {
	if r.at[p] == 0 {
		r.at[p] = uint32(len(r.current))
		r.current = append(r.current, nil)
	}
	r.current[r.at[p]] = links
}

// prepare makes all batches; out becomes the graph before the first.
func prepare(out *csr.Graph, o SpeedOptions) (*rows, []batch, error) {
	rng := rand.New(rand.NewPCG(o.Seed, 0x62656e6368))
	if o.Mix == (Mix{}) {
		return crawls(out, o, rng)
	}
	distinct(out)
	count, sources := o.Events, hubs(out, o.Hubs)
	if total := sources.links(out); count > total/2 {
		return nil, nil, boot.Usagef("events %d: the graph has only %d links to choose from; ask for half as many at most", count, total)
	}
	add := int(int64(count) * int64(o.Mix.Add) / int64(o.Mix.Add+o.Mix.Remove))
	taken := make(map[uint64]bool, count)
	held := make([]uint64, 0, add) // places of links that are to come
	changes := make([]incremental.Link, 0, count)
	for len(changes) < count {
		at := sources.place(out, rng)
		if taken[at] {
			continue
		}
		taken[at] = true
		source := link.Page(sort.Search(out.Pages(), func(u int) bool { return out.Start[u+1] > at }))
		changes = append(changes, incremental.Link{From: source, To: link.Page(out.Target[at]), There: len(held) < add})
		if len(held) < add {
			held = append(held, at)
		}
	}
	remove(out, held)
	rng.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	var batches []batch
	for part := range slices.Chunk(changes, o.Batch) {
		batches = append(batches, batch{links: part, events: len(part), changes: len(part), takenIn: len(part)})
	}
	return newRows(out, o.Workers), batches, nil
}

// sources is a set of pages whose links may change; nil means every page.
type sources []uint32

// hubs returns the pages with most links that together have a tenth of all.
func hubs(out *csr.Graph, only bool) sources {
	if !only {
		return nil
	}
	pages := make(sources, out.Pages())
	for u := range pages {
		pages[u] = uint32(u)
	}
	slices.SortFunc(pages, func(a, b uint32) int { return cmp.Or(out.Degree(b)-out.Degree(a), cmp.Compare(a, b)) })
	links := 0
	for i, u := range pages {
		if links += out.Degree(u); links >= out.Links()/10 {
			return pages[:i+1]
		}
	}
	return pages
}

func (s sources) links(out *csr.Graph) (total int) {
	if s == nil {
		return out.Links()
	}
	for _, u := range s {
		total += out.Degree(u)
	}
	return total
}

// place draws the place of a link: evenly from all, or from a source drawn evenly.
func (s sources) place(out *csr.Graph, rng *rand.Rand) uint64 {
	if s == nil {
		return rng.Uint64N(uint64(out.Links()))
	}
	u := s[rng.IntN(len(s))]
	return out.Start[u] + rng.Uint64N(uint64(out.Degree(u)))
}

// remove takes the links at the given places out of g.
func remove(g *csr.Graph, places []uint64) {
	slices.Sort(places)
	kept, from, next := uint64(0), uint64(0), 0
	for u := range g.Pages() {
		to := g.Start[u+1]
		for at := from; at < to; at++ {
			if next < len(places) && places[next] == at {
				next++
				continue
			}
			g.Target[kept] = g.Target[at]
			kept++
		}
		g.Start[u+1], from = kept, to
	}
	g.Target = g.Target[:kept]
}

// distinct removes second links of a page to the same target, as aliases make them.
func distinct(g *csr.Graph) {
	var places []uint64
	for u := range g.Pages() {
		for at := g.Start[u] + 1; at < g.Start[u+1]; at++ {
			if g.Target[at] == g.Target[at-1] {
				places = append(places, at)
			}
		}
	}
	if len(places) > 0 {
		remove(g, places)
	}
}

// crawls makes events that report all links of a page, a tenth of which are other
// ones than before. Pages have 20 to 40 links, or are hubs. What is new leads where a
// page close by leads.
func crawls(out *csr.Graph, o SpeedOptions, rng *rand.Rand) (*rows, []batch, error) {
	distinct(out)
	pages := hubs(out, o.Hubs)
	if pages == nil {
		for u := range uint32(out.Pages()) {
			if d := out.Degree(u); d >= 20 && d <= 40 {
				pages = append(pages, u)
			}
		}
	}
	if len(pages) == 0 {
		return nil, nil, boot.Usagef("mix crawl: the graph has no page with 20 to 40 links; take a larger one")
	}
	r := newRows(out, o.Workers)
	var batches []batch
	for left := o.Events; left > 0; {
		b := batch{events: min(left, o.Batch)}
		left -= b.events
		for range b.events {
			p := pages[rng.IntN(len(pages))]
			links := slices.Clone(r.row(p))
			for range max(1, len(links)/10) {
				to := near(out, p, rng)
				at, found := slices.BinarySearchFunc(links, to, byTarget)
				if found || to == link.Page(p) {
					continue
				}
				links = slices.Insert(links, at, link.Edge{To: to})
				gone := rng.IntN(len(links) - 1)
				if gone >= at {
					gone++
				}
				links = slices.Delete(links, gone, gone+1)
				b.changes += 2
			}
			r.set(p, links)
			b.takenIn += len(links)
			b.pages = append(b.pages, crawl{p, links})
		}
		batches = append(batches, b)
	}
	return newRows(out, o.Workers), batches, nil
}

func byTarget(e link.Edge, to link.Page) int { return cmp.Compare(e.To, to) }

// near returns the target of a link of one of the next pages.
func near(out *csr.Graph, p uint32, rng *rand.Rand) link.Page {
	for range 50 {
		u := (int(p) + rng.IntN(129) - 64 + out.Pages()) % out.Pages()
		if u >= 0 && out.Degree(uint32(u)) > 0 {
			row := out.Row(uint32(u))
			return link.Page(row[rng.IntN(len(row))])
		}
	}
	return link.Page(out.Target[rng.IntN(out.Links())])
}

// row returns the links of p as they are now.
func (r *rows) row(p uint32) []link.Edge {
	if row := r.current[r.at[p]]; row != nil {
		return row
	}
	base := r.base.Row(p)
	row := make([]link.Edge, len(base))
	for i, v := range base {
		row[i].To = link.Page(v)
	}
	return row
}

// apply folds the crawls of a batch and returns the pages in it.
func (r *rows) apply(b batch) (pages []link.Page) {
	for _, c := range b.pages {
		r.set(c.page, c.links)
		pages = append(pages, link.Page(c.page))
	}
	slices.Sort(pages)
	return slices.Compact(pages)
}

// state returns what the engine is told of p.
func (r *rows) state(p link.Page) link.State {
	return link.State{Kind: link.Crawled, Target: link.NoPage, Version: link.Imported, Links: r.row(uint32(p))}
}

// fold folds single links.
func (r *rows) fold(links []incremental.Link) {
	for _, l := range links {
		row := r.row(uint32(l.From)) // nobody else's
		at, found := slices.BinarySearchFunc(row, l.To, byTarget)
		switch {
		case l.There && !found:
			row = slices.Insert(row, at, link.Edge{To: l.To})
		case !l.There && found:
			row = slices.Delete(row, at, at+1)
		}
		r.set(uint32(l.From), row)
	}
}

// now returns the graph as it is now.
func (r *rows) now() *csr.Graph {
	g := &csr.Graph{Start: make([]uint64, 1, r.base.Pages()+1), Target: make([]uint32, 0, r.base.Links())}
	for u := range uint32(r.base.Pages()) {
		if row := r.current[r.at[u]]; row != nil {
			for _, e := range row {
				g.Target = append(g.Target, uint32(e.To))
			}
		} else {
			g.Target = append(g.Target, r.base.Row(u)...)
		}
		g.Start = append(g.Start, uint64(len(g.Target)))
	}
	return g
}
