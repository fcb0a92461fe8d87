package pageranktest

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"freshrank/pagerank/csr"
	"freshrank/pagerank/link"
)

// World is what a sequence of events means.
type World struct {
	N     int               // ranked pages
	Sum   float64           // Σ x
	Pages map[string]Answer // every URL that an event names
}

// Answer is what should be said of one URL.
type Answer struct {
	Status string  // ranked, alias, gone or unknown
	Target string  // where an alias leads in the end
	Member bool    // has a rank of its own; a gone page has one while a link leads to it
	X      float64 // un-normalised rank
	Rank   float64 // π
}

// Truth is an oracle: the semantics written down a second time, from the rules
// alone, without joins or increments. It puts the events in order, replays them, and
// ranks what is left. Its page numbers are its own.
func Truth(events []link.Event, policy link.RelPolicy, damping float64) World {
	return TruthAfter(nil, events, policy, damping)
}

// TruthAfter is [Truth] of events that follow an import, which may be nil: the pages
// that count as crawled, each once, and what they link to.
func TruthAfter(imported iter.Seq2[string, []link.Link], events []link.Event, policy link.RelPolicy, damping float64) World {
	w := &trueWorld{number: map[string]uint32{}}
	if imported != nil {
		for url, links := range imported {
			w.crawled(w.page(url), links)
		}
	}
	w.replay(events)
	world, _ := w.rank(policy, damping, nil)
	return world
}

// rank says what the pages as they are mean; x is a solution to start from, by page,
// and comes back as the one found.
func (w *trueWorld) rank(policy link.RelPolicy, damping float64, x []float64) (World, []float64) {
	root := w.aliases()
	out, member := w.graph(root, policy)
	x = solveFrom(x, out, member, damping)

	world := World{Pages: make(map[string]Answer, len(w.urls))}
	for u, v := range x {
		world.Sum += v
		if member[u] {
			world.N++
		}
	}
	for u, url := range w.urls {
		a := Answer{Status: "unknown", Member: member[u]}
		if a.Member {
			a.Status = "ranked"
			a.X = x[u]
			a.Rank = a.X / world.Sum
		}
		if p := &w.pages[u]; p.gone && len(p.links) == 0 {
			a.Status = "gone"
		}
		if root[u] != none {
			a.Status, a.Target = "alias", w.urls[root[u]]
		}
		world.Pages[url] = a
	}
	return world, x
}

// trueWorld is every page that was named so far, numbered in that order.
type trueWorld struct {
	number map[string]uint32
	urls   []string
	pages  []truePage
}

// truePage is what is known of a page after the events so far.
type truePage struct {
	crawled, gone bool
	alias         uint32 // none if it is none
	links         []trueLink
}

type trueLink struct {
	to  uint32
	rel link.Rel
}

const none = math.MaxUint32

func (w *trueWorld) page(url string) uint32 {
	u, ok := w.number[url]
	if !ok {
		u = uint32(len(w.urls))
		w.number[url], w.urls, w.pages = u, append(w.urls, url), append(w.pages, truePage{alias: none})
	}
	return u
}

// crawled replaces all that is known of a page. Of several links to one page the last
// counts.
func (w *trueWorld) crawled(u uint32, links []link.Link) {
	p := truePage{crawled: true, alias: none, links: make([]trueLink, 0, len(links))}
	for _, l := range links {
		p.links = append(p.links, trueLink{w.page(l.URL), l.Rel})
	}
	slices.Reverse(p.links)
	slices.SortStableFunc(p.links, func(a, b trueLink) int { return cmp.Compare(a.to, b.to) })
	p.links = slices.CompactFunc(p.links, func(a, b trueLink) bool { return a.to == b.to })
	w.pages[u] = p
}

func eventOrder(a, b *link.Event) int {
	return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Tie, b.Tie))
}

// replay applies the events by the rules: the newest last, by time, then id (then
// the digest that tells apart what has both in common), each only once.
func (w *trueWorld) replay(events []link.Event) {
	sorted := make([]*link.Event, len(events))
	for i := range events {
		sorted[i] = &events[i]
	}
	slices.SortStableFunc(sorted, eventOrder)

	last := map[uint32]*link.Event{}
	for _, e := range sorted {
		u := w.page(e.URL)
		if l, seen := last[u]; seen && eventOrder(l, e) == 0 {
			continue // delivered again
		}
		last[u] = e
		w.apply(u, e)
	}
}

// apply replays one event of page u, the newest so far.
func (w *trueWorld) apply(u uint32, e *link.Event) {
	switch e.Type {
	case link.PageCrawled:
		w.crawled(u, e.Links)
	case link.PageGone:
		w.pages[u] = truePage{gone: true, alias: none}
	case link.PageAlias:
		to := w.page(e.Target)
		w.pages[u] = truePage{alias: to}
	case link.LinkAdded:
		if e.Target != e.URL {
			to := w.page(e.Target)
			p := &w.pages[u]
			p.alias = none
			p.remove(to)
			p.links = append(p.links, trueLink{to, e.Rel})
		}
	case link.LinkRemoved:
		to := w.page(e.Target)
		w.pages[u].remove(to)
	}
}

func (p *truePage) remove(to uint32) {
	p.links = slices.DeleteFunc(p.links, func(l trueLink) bool { return l.to == to })
}

// aliases returns where each alias leads in the end; none for a page that is no alias.
// A page on a cycle of aliases is none; one that leads into the cycle is, and ends where
// it enters.
func (w *trueWorld) aliases() []uint32 {
	onCycle := make([]bool, len(w.pages))
	walk := make([]uint32, len(w.pages)) // by page: the walk that came by, by its first page + 1
	for u := range w.pages {
		at := uint32(u)
		for at != none && walk[at] == 0 {
			walk[at] = uint32(u) + 1
			at = w.pages[at].alias
		}
		if at == none || walk[at] != uint32(u)+1 {
			continue // the end, or where another walk was
		}
		for !onCycle[at] { // this walk has come back to itself
			onCycle[at] = true
			at = w.pages[at].alias
		}
	}
	root := make([]uint32, len(w.pages))
	for u := range w.pages {
		root[u] = none
		if w.pages[u].alias == none || onCycle[u] {
			continue
		}
		at := w.pages[u].alias
		for w.pages[at].alias != none && !onCycle[at] {
			at = w.pages[at].alias
		}
		root[u] = at
	}
	return root
}

// graph returns the links that count, each leading to where aliases end, and the pages
// that have a rank. All of those links are kept, so their number is d as published.
func (w *trueWorld) graph(root []uint32, policy link.RelPolicy) (*csr.Graph, []bool) {
	out := &csr.Graph{Start: make([]uint64, 1, len(w.pages)+1)}
	member := make([]bool, len(w.pages))
	for u := range w.pages {
		if w.pages[u].crawled {
			member[u] = true
		}
		for _, l := range w.pages[u].links {
			if !policy.Counts(l.rel) {
				continue
			}
			to := l.to
			if root[to] != none {
				to = root[to]
			}
			out.Target = append(out.Target, to)
			member[u], member[to] = true, true
		}
		slices.Sort(out.Target[out.Start[u]:])
		out.Start = append(out.Start, uint64(len(out.Target)))
	}
	return out, member
}
