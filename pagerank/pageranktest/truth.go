package pageranktest

import (
	"cmp"
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
// alone, without page numbers, joins or increments. It puts the events in order,
// replays them, and ranks what is left.
func Truth(events []link.Event, policy link.RelPolicy, damping float64) World {
	pages := replay(events)
	root := aliases(pages)

	// Links that count, by source: where each leads once aliases are followed. All
	// of them are kept, so their number is d as published.
	rows := map[string][]string{}
	member := map[string]bool{}
	for url, p := range pages {
		if p.crawled {
			member[url] = true
		}
		for target, rel := range p.links {
			if !policy.Counts(rel) {
				continue
			}
			if end, ok := root[target]; ok {
				target = end
			}
			rows[url] = append(rows[url], target)
			member[url], member[target] = true, true
		}
	}

	var urls []string
	for url := range member {
		urls = append(urls, url)
	}
	slices.Sort(urls)
	number := map[string]uint32{}
	for i, url := range urls {
		number[url] = uint32(i)
	}
	var b csr.Builder
	for source, targets := range rows {
		for _, target := range targets {
			b.Add(number[source], number[target])
		}
	}
	out, err := b.Build(len(urls))
	if err != nil {
		panic(err) // every target is a member
	}
	x := Solve(out, nil, damping)

	world := World{N: len(urls), Pages: map[string]Answer{}}
	for _, v := range x {
		world.Sum += v
	}
	for url, p := range pages {
		a := Answer{Status: "unknown", Member: member[url]}
		if a.Member {
			a.Status = "ranked"
			a.X = x[number[url]]
			a.Rank = a.X / world.Sum
		}
		if p.gone && len(p.links) == 0 {
			a.Status = "gone"
		}
		if end, ok := root[url]; ok {
			a.Status, a.Target = "alias", end
		}
		world.Pages[url] = a
	}
	return world
}

// truePage is what is known of a page after the events so far.
type truePage struct {
	crawled, gone bool
	alias         string // "" if none
	links         map[string]link.Rel
}

// replay applies the events by the rules: the newest last, by time, then id (then
// the digest that tells apart what has both in common), each only once.
func replay(events []link.Event) map[string]*truePage {
	order := func(a, b link.Event) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Tie, b.Tie))
	}
	sorted := slices.Clone(events)
	slices.SortStableFunc(sorted, order)

	pages := map[string]*truePage{}
	page := func(url string) *truePage {
		if pages[url] == nil {
			pages[url] = &truePage{links: map[string]link.Rel{}}
		}
		return pages[url]
	}
	last := map[string]link.Event{}
	for _, e := range sorted {
		p := page(e.URL)
		if l, seen := last[e.URL]; seen && order(l, e) == 0 {
			continue // delivered again
		}
		last[e.URL] = e
		switch e.Type {
		case link.PageCrawled:
			*p = truePage{crawled: true, links: map[string]link.Rel{}}
			for _, l := range e.Links {
				page(l.URL)
				p.links[l.URL] = l.Rel
			}
		case link.PageGone:
			*p = truePage{gone: true, links: map[string]link.Rel{}}
		case link.PageAlias:
			page(e.Target)
			*p = truePage{alias: e.Target, links: map[string]link.Rel{}}
		case link.LinkAdded:
			if e.Target != e.URL {
				page(e.Target)
				p.alias = ""
				p.links[e.Target] = e.Rel
			}
		case link.LinkRemoved:
			page(e.Target)
			delete(p.links, e.Target)
		}
	}
	return pages
}

// aliases returns where each alias leads in the end. A page on a cycle of aliases
// is none; one that leads into the cycle is, and ends where it enters.
func aliases(pages map[string]*truePage) map[string]string {
	onCycle := map[string]bool{}
	for url := range pages {
		at := pages[url].alias
		for range len(pages) {
			if at == "" {
				break
			}
			if at == url {
				onCycle[url] = true
				break
			}
			at = pages[at].alias
		}
	}
	root := map[string]string{}
	for url, p := range pages {
		if p.alias == "" || onCycle[url] {
			continue
		}
		at := p.alias
		for pages[at].alias != "" && !onCycle[at] {
			at = pages[at].alias
		}
		root[url] = at
	}
	return root
}
