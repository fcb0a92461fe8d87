package pageranktest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"freshrank/pagerank/link"
)

// EventsStart is the time of the oldest event that [RandomEvents] makes. The
// newest are less than a day younger.
var EventsStart = time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)

// RandomEvents returns n events about at most the given number of pages, in the
// order of their arrival, which is not that of their times. They hold what makes
// folding hard: every type, exact redeliveries, equal times, equal times and ids
// from two sources, removals of links that exist, chains and cycles of aliases,
// pages that go and come back, marked links, links of a page to itself, and pages
// first named late. All are sealed: they pass through the codec unchanged.
func RandomEvents(rng *rand.Rand, n, pages int) []link.Event {
	r := randomEvents{rng: rng, pages: max(pages, 2), targets: map[string][]string{}}
	for i := range n {
		// More pages become known as time passes.
		r.known = 2 + (r.pages-2)*(i+1)/n
		if len(r.events) > 0 && rng.IntN(10) == 0 {
			again := r.events[rng.IntN(len(r.events))]
			again.Links = slices.Clone(again.Links)
			r.events = append(r.events, again)
			continue
		}
		r.events = append(r.events, r.event(i, n))
	}
	return r.events
}

type randomEvents struct {
	rng          *rand.Rand
	pages, known int
	events       []link.Event
	targets      map[string][]string // by page: what it was ever said to link to
	aliases      []alias
}

type alias struct{ url, target string }

func (r *randomEvents) event(i, n int) link.Event {
	e := link.Event{
		ID:     fmt.Sprintf("e%d", i),
		Source: fmt.Sprintf("https://crawler.example/%d", r.rng.IntN(2)),
		Time:   EventsStart.Add(time.Duration(r.rng.IntN(n/2+1)) * time.Second),
		URL:    r.page(),
	}
	if len(r.events) > 0 && r.rng.IntN(12) == 0 {
		// Only the digest of its content tells this one from another. The pair of
		// source and id is new, as it has to be.
		twin := r.events[r.rng.IntN(len(r.events))]
		e.ID, e.Time, e.URL = twin.ID, twin.Time, twin.URL
		e.Source = fmt.Sprintf("https://mirror.example/%d", i)
	}
	switch k := r.rng.IntN(100); {
	case k < 38:
		e.Type = link.PageCrawled
		for range r.rng.IntN(6) {
			l := link.Link{URL: r.page(), Rel: r.rel()}
			e.Links = append(e.Links, l)
			r.targets[e.URL] = append(r.targets[e.URL], l.URL)
		}
	case k < 56:
		e.Type, e.Target, e.Rel = link.LinkAdded, r.page(), r.rel()
		r.targets[e.URL] = append(r.targets[e.URL], e.Target)
	case k < 70:
		e.Type, e.Target = link.LinkRemoved, r.page()
		if known := r.targets[e.URL]; len(known) > 0 && r.rng.IntN(3) > 0 {
			e.Target = known[r.rng.IntN(len(known))]
		}
	case k < 77:
		e.Type = link.PageGone
	default:
		e.Type, e.Target = link.PageAlias, r.page()
		if n := len(r.aliases); n > 0 {
			// One that may still be an alias.
			known := r.aliases[n-1-r.rng.IntN(min(n, 6))]
			switch r.rng.IntN(4) {
			case 0: // the way back, for a cycle
				e.URL, e.Target = known.target, known.url
			case 1, 2: // one step more, for a chain
				e.Target = known.url
			}
		}
		for e.Target == e.URL { // the codec refuses an alias of itself
			e.Target = r.page()
		}
		r.aliases = append(r.aliases, alias{e.URL, e.Target})
	}
	e.Seal()
	return e
}

// page returns a known page; low numbers come up most.
func (r *randomEvents) page() string {
	p := int(float64(r.known) * r.rng.Float64() * r.rng.Float64())
	return fmt.Sprintf("https://host%d.example/page/%d", p%3, p)
}

func (r *randomEvents) rel() link.Rel {
	if r.rng.IntN(6) > 0 {
		return 0
	}
	return []link.Rel{link.NoFollow, link.UGC, link.Sponsored | link.NoFollow}[r.rng.IntN(3)]
}
