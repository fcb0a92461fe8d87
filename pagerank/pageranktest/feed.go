package pageranktest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"freshrank/pagerank/link"
)

// Feed makes the events of a crawler that goes round in a [Web]. Mostly it reads a
// page again and finds a tenth of its links changed; some of the new ones lead to
// pages that nobody has seen, which it reads later. A few events are single links
// that came or went, pages that are gone, and pages that turned out to stand for
// another. It remembers what it changed, so each event fits what came before it;
// memory grows with the number of pages touched.
type Feed struct {
	web     *Web
	rng     *rand.Rand
	run     string // tells this feed's ids and pages from those of other seeds
	events  int
	changed map[int][]feedLink // current links of the pages touched
	fresh   []freshPage        // pages beyond the web's, numbered on from it
	unread  []int              // those of them that were not crawled yet
}

type feedLink struct {
	to  int
	rel link.Rel
}

type freshPage struct {
	url  string
	home int // its host's home page
}

// NewFeed returns a feed over w. Feeds of different seeds may follow each other:
// their event ids differ.
func NewFeed(w *Web, seed uint64) *Feed {
	return &Feed{
		web:     w,
		rng:     rand.New(rand.NewPCG(w.seed^seed, saltFeed)),
		run:     strconv.FormatUint(seed, 36),
		changed: map[int][]feedLink{},
	}
}

// Next returns the next event, sealed, as observed at now. The web must not be
// empty.
func (f *Feed) Next(now time.Time) link.Event {
	f.events++
	e := link.Event{
		ID:     fmt.Sprintf("%s-%d", f.run, f.events),
		Source: "https://crawler.example/feed",
		Time:   now.UTC(),
	}
	switch k := f.rng.IntN(100); {
	case k < 9:
		f.add(&e)
	case k < 16:
		f.remove(&e)
	case k < 17:
		f.gone(&e)
	case k < 18:
		f.alias(&e)
	default:
		f.crawl(&e, f.choose())
	}
	e.Seal()
	return e
}

// choose returns a page to crawl: now and then one never read or a home page.
func (f *Feed) choose() int {
	switch k := f.rng.IntN(100); {
	case k < 15 && len(f.unread) > 0:
		page := f.unread[0]
		f.unread = f.unread[1:]
		return page
	case k < 20:
		return f.web.hosts[f.rng.IntN(len(f.web.hosts))].first
	default:
		return f.rng.IntN(f.web.Pages())
	}
}

func (f *Feed) crawl(e *link.Event, page int) {
	links := f.links(page)
	switch {
	case len(links) > 0:
		for range max(1, len(links)/10) {
			links[f.rng.IntN(len(links))] = f.newLink(page)
		}
	case page >= f.web.Pages() || f.rng.IntN(10) == 0:
		for range 3 + f.rng.IntN(12) {
			links = append(links, f.newLink(page))
		}
	}
	e.Type, e.URL = link.PageCrawled, f.url(page)
	for _, l := range links {
		e.Links = append(e.Links, link.Link{URL: f.url(l.to), Rel: l.rel})
	}
	f.changed[page] = links
}

func (f *Feed) add(e *link.Event) {
	page := f.rng.IntN(f.web.Pages())
	l := f.newLink(page)
	f.changed[page] = append(f.links(page), l)
	e.Type, e.URL, e.Target, e.Rel = link.LinkAdded, f.url(page), f.url(l.to), l.rel
}

func (f *Feed) remove(e *link.Event) {
	for range 20 {
		page := f.rng.IntN(f.web.Pages())
		links := f.links(page)
		if len(links) == 0 {
			continue
		}
		target := links[f.rng.IntN(len(links))].to
		kept := links[:0]
		for _, l := range links { // the same target may have been found twice
			if l.to != target {
				kept = append(kept, l)
			}
		}
		f.changed[page] = kept
		e.Type, e.URL, e.Target = link.LinkRemoved, f.url(page), f.url(target)
		return
	}
	f.crawl(e, f.choose()) // next to no links are left
}

func (f *Feed) gone(e *link.Event) {
	page := f.rng.IntN(f.web.Pages())
	f.changed[page] = nil
	e.Type, e.URL = link.PageGone, f.url(page)
}

func (f *Feed) alias(e *link.Event) {
	page := f.rng.IntN(f.web.Pages())
	target := f.newLink(page).to
	f.changed[page] = nil
	e.Type, e.URL, e.Target = link.PageAlias, f.url(page), f.url(target)
}

// links returns a copy of page's current links.
func (f *Feed) links(page int) []feedLink {
	if links, ok := f.changed[page]; ok {
		return append([]feedLink(nil), links...)
	}
	var links []feedLink
	if page < f.web.Pages() {
		for _, to := range f.web.AppendLinks(nil, page) {
			links = append(links, feedLink{to: int(to)})
		}
	}
	return links
}

// newLink draws a link for page: one in twenty leads to a page not seen before, and
// one in twenty is nofollow.
func (f *Feed) newLink(page int) feedLink {
	l := feedLink{to: page}
	if f.rng.IntN(20) == 0 {
		l.rel = link.NoFollow
	}
	if f.rng.IntN(20) == 0 || f.web.Pages() == 1 {
		host := f.web.hosts[f.rng.IntN(len(f.web.hosts))]
		l.to = f.web.Pages() + len(f.fresh)
		url := fmt.Sprintf("%snew/%s-%d-%s-%s", host.prefix, f.run, len(f.fresh)+1,
			pickWord(f.rng, firstWords), pickWord(f.rng, lastWords))
		f.fresh = append(f.fresh, freshPage{url: url, home: host.first})
		f.unread = append(f.unread, l.to)
		return l
	}
	at := page
	if page >= f.web.Pages() {
		at = f.fresh[page-f.web.Pages()].home
	}
	for l.to == page {
		l.to = f.web.pick(f.rng, f.web.hostOf(at), at, false)
	}
	return l
}

func (f *Feed) url(page int) string {
	if page < f.web.Pages() {
		return f.web.URL(page)
	}
	return f.fresh[page-f.web.Pages()].url
}
