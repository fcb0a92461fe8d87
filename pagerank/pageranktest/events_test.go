package pageranktest

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"freshrank/pagerank/link"
)

func TestRandomEventsHoldEverything(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(20) {
		evs := RandomEvents(rand.New(rand.NewPCG(seed, 1)), 300, 20)
		again := RandomEvents(rand.New(rand.NewPCG(seed, 1)), 300, 20)
		if len(evs) != 300 || !reflect.DeepEqual(evs, again) {
			t.Fatalf("seed %d: %d events, the same twice: %v", seed, len(evs), reflect.DeepEqual(evs, again))
		}
		content := map[string]link.Event{} // by primary key
		versions := map[string]map[link.Version]bool{}
		for i, e := range evs {
			seen[e.Type.String()]++
			text, err := link.Encode(&e)
			if err != nil {
				t.Fatalf("event %d: %v", i, err)
			}
			back, err := link.DefaultLimits().Decode(text, EventsStart.AddDate(0, 0, 1))
			if err != nil || back.Tie != e.Tie || back.Version() != e.Version() {
				t.Fatalf("event %d comes back as %+v, %v", i, back, err)
			}
			key := e.Source + " " + e.ID
			if first, ok := content[key]; ok {
				if !reflect.DeepEqual(first, e) {
					t.Fatalf("event %d: %s is used for two events", i, key)
				}
				seen["redelivered"]++
				continue
			}
			content[key] = e
			for v := range versions[e.URL] {
				switch {
				case v.Time == e.Time.UnixNano() && v.ID == e.ID:
					seen["equal time and id"]++
				case v.Time == e.Time.UnixNano():
					seen["equal time"]++
				case v.Time > e.Time.UnixNano():
					seen["late"]++
				}
			}
			if versions[e.URL] == nil {
				versions[e.URL] = map[link.Version]bool{}
			}
			versions[e.URL][e.Version()] = true
			if e.SelfLoops > 0 {
				seen["self-loop"]++
			}
			if e.Duplicates > 0 {
				seen["duplicate link"]++
			}
		}
		w := &trueWorld{number: map[string]uint32{}}
		w.replay(evs)
		for u, root := range w.aliases() {
			switch alias := w.pages[u].alias; {
			case root != none && root != alias:
				seen["chain"]++
			case root == none && alias != none:
				seen["cycle"]++
			}
		}
	}
	t.Log(seen)
	for _, what := range []string{
		"freshrank.page.crawled", "freshrank.page.gone", "freshrank.page.alias", "freshrank.link.added", "freshrank.link.removed",
		"redelivered", "equal time and id", "equal time", "late", "self-loop", "duplicate link", "chain", "cycle",
	} {
		if seen[what] < 5 {
			t.Errorf("%s: only %d among 20 sequences", what, seen[what])
		}
	}
}

func TestFeed(t *testing.T) {
	web := NewWeb(1, 3000, 30_000)
	now := time.Date(2025, 4, 1, 12, 0, 0, 0, time.UTC)
	a, b, c := NewFeed(web, 1), NewFeed(web, 1), NewFeed(web, 2)
	known, ids, seen := map[string]bool{}, map[string]bool{}, map[link.Type]int{}
	for u := range web.Pages() {
		known[web.URL(u)] = true
	}
	links := map[string]map[string]bool{}
	var fresh, compared, changed int
	for i := range 4000 {
		now = now.Add(5 * time.Millisecond)
		e, same, other := a.Next(now), b.Next(now), c.Next(now)
		if !reflect.DeepEqual(e, same) {
			t.Fatalf("event %d of two feeds of one seed differ", i)
		}
		text, err := link.Encode(&e)
		if err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
		if _, err := link.DefaultLimits().Decode(text, now); err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
		if ids[e.ID] || ids[other.ID] {
			t.Fatalf("event %d: id %s or %s is used twice", i, e.ID, other.ID)
		}
		ids[e.ID], ids[other.ID] = true, true
		seen[e.Type]++
		for _, l := range append([]link.Link{{URL: e.URL}}, e.Links...) {
			if !known[l.URL] {
				known[l.URL] = true
				fresh++
			}
		}
		if e.Type != link.PageCrawled {
			delete(links, e.URL)
			continue
		}
		set := map[string]bool{}
		for _, l := range e.Links {
			set[l.URL] = true
		}
		if before := links[e.URL]; len(before) >= 10 {
			compared += len(before)
			for url := range before {
				if !set[url] {
					changed++
				}
			}
		}
		links[e.URL] = set
	}
	t.Logf("%v, %d new pages, %d of %d links changed", seen, fresh, changed, compared)
	if len(seen) != 5 || seen[link.PageCrawled] < 3000 || seen[link.PageGone] > 100 || seen[link.PageAlias] > 100 {
		t.Errorf("events by type: %v", seen)
	}
	if fresh < 200 || fresh > 2000 {
		t.Errorf("%d new pages in 4000 events", fresh)
	}
	if share := float64(changed) / float64(compared); share < 0.04 || share > 0.15 {
		t.Errorf("a crawl changes %.3f of a page's links", share)
	}
}

func TestFeedOfTheSmallestWebs(t *testing.T) {
	for pages := 1; pages < 4; pages++ {
		f := NewFeed(NewWeb(1, pages, 4), 1)
		for i := range 500 {
			e := f.Next(EventsStart)
			if _, err := link.Encode(&e); err != nil {
				t.Fatalf("%d pages, event %d: %v", pages, i, err)
			}
		}
	}
}
