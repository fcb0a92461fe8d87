package speed_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"freshrank/pagerank/link"
	"freshrank/pagerank/pageranktest"
	"freshrank/speed"
)

// slowView takes a time for each row.
type slowView struct {
	speed.View
	row time.Duration
}

func (s slowView) Publish(ctx context.Context, p speed.Publication) error {
	if err := s.View.Publish(ctx, p); err != nil {
		return err
	}
	time.Sleep(time.Duration(len(p.Rows)) * s.row)
	return nil
}

// TestSlowDatabase has the ranks of all pages change at once while the database takes
// far fewer rows a second. No publication is so large that readers wait for it; all
// events are soon included; every interval holds all the while, wider first, and by
// itself as narrow as ever in the end.
func TestSlowDatabase(t *testing.T) {
	w := newWorld(t)
	const pages = 6000
	web := pageranktest.NewWeb(3, pages, 8*pages).Graph()
	began := time.Now().Add(-time.Hour)
	crawl := func(p, second, links int) link.Event {
		e := link.Event{Type: link.PageCrawled, ID: fmt.Sprintf("%d-%d", p, second), Source: "//test",
			Time: began.Add(time.Duration(second) * time.Second), URL: fmt.Sprintf("http://h.example/%05d", p)}
		for _, v := range web.Row(uint32(p))[:min(links, web.Degree(uint32(p)))] {
			e.Links = append(e.Links, link.Link{URL: fmt.Sprintf("http://h.example/%05d", v)})
		}
		return e
	}
	var before, after []link.Event
	for p := range web.Pages() {
		before = append(before, crawl(p, 0, 1<<20))
		if p%3 == 0 {
			after = append(after, crawl(p, 60, 1))
		}
	}
	w.produce(before...)
	w.publishGeneration(1)
	const epsilon = 1e-4
	l := w.start(func(p *parts) { p.view = slowView{p.view, 300 * time.Microsecond} })
	w.awaitEnd(l, 1)
	w.produce(after...)
	widest, partial := 0.0, 0
	for {
		p := l.await("a publication", func(p speed.Publication) bool { return true })
		if rows := len(p.Rows); rows > 2*1000+len(after) {
			t.Fatalf("publication of %d rows", rows)
		}
		if !p.Header.Offsets.Covers(w.end) {
			continue
		}
		if widest = max(widest, p.Header.Certificate.Slack); p.Header.Certificate.Slack > 10*epsilon {
			if partial++; partial%3 == 1 {
				w.check()
			}
		}
		if p.Header.Certificate.Slack <= epsilon && p.Header.Certificate.Epsilon() <= 1.2*epsilon {
			break
		}
	}
	w.check()
	if partial < 3 {
		t.Errorf("%d publications kept values back, the widest slack was %v: the test is too tame", partial, widest)
	}
}
