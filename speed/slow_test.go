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

// upheaval returns crawls of a web's pages, and later ones, of every third page, that
// change the ranks of all.
func upheaval(pages int) (before, after []link.Event) {
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
	for p := range web.Pages() {
		before = append(before, crawl(p, 0, 1<<20))
		if p%3 == 0 {
			after = append(after, crawl(p, 60, 1))
		}
	}
	return before, after
}

// allTold says that nothing of the log up to end is kept back any more.
func allTold(p speed.Publication, end link.Offsets) bool {
	c := p.Header.Certificate
	return p.Header.Offsets.Covers(end) && c.Slack <= 1e-4 && c.Epsilon() <= 1.2e-4
}

// TestSlowDatabase has the ranks of all pages change at once while the database takes
// far fewer rows a second. No publication is so large that readers wait for it; all
// events are soon included; every interval holds all the while, wider first, and by
// itself as narrow as ever in the end. So it is if two of three writes fail.
func TestSlowDatabase(t *testing.T) {
	for name, view := range map[string]func(speed.View) speed.View{
		"slow":          func(v speed.View) speed.View { return v },
		"slow, failing": func(v speed.View) speed.View { return &flaky{View: v} },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before, after := upheaval(6000)
			w.produce(before...)
			w.publishGeneration(1)
			l := w.start(func(p *parts) { p.view = slowView{view(p.view), 300 * time.Microsecond} })
			w.awaitEnd(l, 1)
			w.produce(after...)
			widest, partial := 0.0, 0
			for {
				p := l.await("a publication", func(speed.Publication) bool { return true })
				if rows := len(p.Rows); rows > 2*1000+len(after) {
					t.Fatalf("publication of %d rows", rows)
				}
				if !p.Header.Offsets.Covers(w.end) {
					continue
				}
				if widest = max(widest, p.Header.Certificate.Slack); p.Header.Certificate.Slack > 1e-3 {
					if partial++; partial%3 == 1 {
						w.check()
					}
				}
				if allTold(p, w.end) {
					break
				}
			}
			w.check()
			if partial < 3 {
				t.Errorf("%d publications kept values back, the widest slack was %v: the test is too tame", partial, widest)
			}
		})
	}
}

// TestRestartKeepsPrecision: the view that a layer begins with is as precise as the one
// that another has left.
func TestRestartKeepsPrecision(t *testing.T) {
	w := newWorld(t)
	before, after := upheaval(6000)
	w.produce(before...)
	w.publishGeneration(1)
	l := w.start()
	w.awaitEnd(l, 1)
	w.produce(after...)
	l.await("all told", func(p speed.Publication) bool { return allTold(p, w.end) })
	l.stop()
	was := w.check().certificate.Slack
	l = w.start(func(p *parts) { p.view = slowView{p.view, 300 * time.Microsecond} })
	p := l.await("the switch", func(p speed.Publication) bool { return p.Switch })
	if now := p.Header.Certificate.Slack; now > 100*was {
		t.Errorf("slack %v after a restart, %v before", now, was)
	}
	w.check()
}
