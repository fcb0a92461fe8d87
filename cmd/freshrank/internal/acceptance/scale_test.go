package acceptance

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"freshrank/cmd/freshrank/internal/graphs"
)

// The size of TestScale and TestBackpressure; see `make scale` and `make load`.
var (
	scalePages = flag.String("pages", "", "pages of the made-up web, such as 10M")
	scaleLinks = flag.String("links", "", "its links, such as 100M")
)

// What the figures are promised for.
const (
	promisedPages = 10_000_000
	promisedLinks = 100_000_000
)

// scaleSize returns the size to run at.
func scaleSize(t *testing.T) (pages, links int) {
	t.Helper()
	pages, links = count(200_000, 3_000), count(2_000_000, 30_000)
	for value, into := range map[string]*int{*scalePages: &pages, *scaleLinks: &links} {
		if value == "" {
			continue
		}
		n, err := graphs.ParseSize(value)
		if err != nil {
			t.Fatal(err)
		}
		*into = n
	}
	return pages, links
}

// TestScale takes a made-up web the whole way, import to handover, with every layer a
// process of its own, and prints what it took beside what it must take. An event comes
// for every hundredth link.
func TestScale(t *testing.T) {
	pages, links := scaleSize(t)
	b := &table{full: pages >= promisedPages && links >= promisedLinks}
	t.Cleanup(func() { fmt.Printf("\n%d pages, %d links asked for\n\n%v\n", pages, links, b) })

	tenth := newInput(t, pages/10, links/10)
	small := newStack(t, tenth)
	small.imported(t, tenth.web(t))
	small.submitted(t, tenth.events(t, links/1000))
	first := small.startBatch(t)
	first.end(t)

	in := newInput(t, pages, links)
	s := newStack(t, in)
	b.importing(t, s, links)
	r := b.batch(t, s, links/100)
	b.reading(t, s)
	b.disk(t, s)
	b.add(t, "growth from a tenth of the size: cost of the batch run", "≤ 11×", r.Took() <= 11*first.Took(),
		fmt.Sprintf("%.1f× the time, %.1f× the processor time", r.Took().Seconds()/first.Took().Seconds(), r.cpu.Seconds()/first.cpu.Seconds()), "")

	o := &outside{api: s.serve(t).api, pending: map[string]time.Time{}}
	speed := b.speed(t, s, o)
	b.duckDB(t, s, o)
	b.handover(t, s, o, speed)
	settleWithin(t, o, 10*time.Minute)
	speed.Stop(t)
	b.verify(t, s)
}
