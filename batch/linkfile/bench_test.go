package linkfile

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
	"freshrank/pagerank/pageranktest"
)

// madeUp is the made-up web of `freshrank generate` as an import would have it.
func madeUp(pages, links int) *linkgraph.Graph {
	w := pageranktest.NewWeb(1, pages, links)
	g := &linkgraph.Graph{Links: *w.Graph()}
	for p := range pages {
		kind, version := link.Unseen, link.Version{}
		if w.Degree(p) > 0 {
			kind, version = link.Crawled, link.Imported
		}
		g.AppendPage([]byte(w.URL(p)), kind, version)
	}
	return g
}

var (
	benchPages = flag.Int("pages", 300_000, "pages of the web that is written and read by benchmarks")
	benchLinks = flag.Int("links", 3_000_000, "links of it, about")

	benchEvents = flag.Int("events", 30_000, "crawls that are folded into it by benchmarks")
)

// processorTime returns what the process has used.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// BenchmarkGeneration writes and reads a made-up web.
func BenchmarkGeneration(b *testing.B) {
	g := madeUp(*benchPages, *benchLinks)
	r := &pagerank.Result{X: make([]float64, g.Pages()), Residual: make([]float64, g.Pages())}
	d := open(b, b.TempDir())
	write := func(b *testing.B) {
		if err := d.WriteGraph(b.Context(), 1, g, nil, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
	writeRanks := func(b *testing.B) {
		if err := d.WriteRanks(b.Context(), 1, g, nil, r, Parameters{URLPolicy: link.PolicyVersion}, nil); err != nil {
			b.Fatal(err)
		}
	}
	write(b)
	writeRanks(b)
	perLink := func(b *testing.B, before time.Duration) {
		b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N), "cpu-s/op")
		b.ReportMetric(float64(g.Links.Links())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mlinks/s")
	}
	b.Run("write", func(b *testing.B) {
		before := processorTime(b)
		for b.Loop() {
			write(b)
		}
		perLink(b, before)
		m, err := d.GraphManifest(b.Context(), 1)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(find(m.Files, linksTable.file()).Bytes)/float64(m.Links), "B/link")
		b.ReportMetric(float64(find(m.Files, pagesTable.file()).Bytes)/float64(m.Pages), "B/page")
	})
	b.Run("write ranks", func(b *testing.B) {
		for b.Loop() {
			writeRanks(b)
		}
	})
	b.Run("read", func(b *testing.B) {
		before := processorTime(b)
		for b.Loop() {
			if _, _, err := d.ReadGraph(b.Context(), 1); err != nil {
				b.Fatal(err)
			}
		}
		perLink(b, before)
	})
	b.Run("read ranks", func(b *testing.B) {
		for b.Loop() {
			if _, _, _, err := d.ReadRanks(b.Context(), 1, g); err != nil {
				b.Fatal(err)
			}
		}
	})
}

type crawler struct{ web *pageranktest.Web }

// events makes up crawls, a tenth of them of new pages, with the links of any page.
func (m crawler) events(n int) func(func(*link.Event) error) error {
	return func(apply func(*link.Event) error) error {
		rng := rand.New(rand.NewPCG(1, 1))
		for i := range n {
			p := rng.IntN(m.web.Pages())
			e := &link.Event{ID: fmt.Sprint("crawl-", i), Type: link.PageCrawled, Time: time.Unix(9, 0), URL: m.web.URL(p)}
			if i%10 == 0 {
				e.URL += fmt.Sprint("new/", i)
			}
			for range 20 + rng.IntN(21) {
				to := max(0, min(m.web.Pages()-1, p+rng.IntN(2001)-1000))
				if to != p {
					e.Links = append(e.Links, link.Link{URL: m.web.URL(to)})
				}
			}
			slices.SortFunc(e.Links, func(a, b link.Link) int { return strings.Compare(a.URL, b.URL) })
			e.Links = slices.CompactFunc(e.Links, func(a, b link.Link) bool { return a.URL == b.URL })
			if err := apply(e); err != nil {
				return err
			}
		}
		return nil
	}
}

// BenchmarkFold folds crawls into a made-up web: row group by row group, and with the whole
// graph in memory. Its time begins with the first event; making them up is a part of it.
func BenchmarkFold(b *testing.B) {
	d := open(b, b.TempDir())
	web := crawler{pageranktest.NewWeb(1, *benchPages, *benchLinks)}
	if err := d.WriteGraph(b.Context(), 0, madeUp(*benchPages, *benchLinks), nil, time.Now()); err != nil {
		b.Fatal(err)
	}
	measure := func(name string, fold func() error) {
		b.Run(name, func(b *testing.B) {
			debug.FreeOSMemory()
			if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
				b.Skip(err)
			}
			before := processorTime(b)
			for b.Loop() {
				if err := fold(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N), "cpu-s/op")
			status, err := os.ReadFile("/proc/self/status")
			if err != nil {
				b.Fatal(err)
			}
			_, peak, _ := strings.Cut(string(status), "VmHWM:")
			kb, err := strconv.Atoi(strings.Fields(peak)[0])
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(kb)/1024, "peak-MB")
		})
	}
	measure("make events", func() error { return web.events(*benchEvents)(func(*link.Event) error { return nil }) })
	measure("row groups", func() error {
		return d.Fold(b.Context(), 0, 1, link.Offsets{1}, time.Now(), web.events(*benchEvents), quiet)
	})
	measure("whole", func() error {
		base, _, err := d.ReadGraph(b.Context(), 0)
		if err != nil {
			return err
		}
		o := linkgraph.NewOverlay(base)
		err = web.events(*benchEvents)(func(e *link.Event) error {
			o.Apply(e)
			return nil
		})
		return cmp.Or(err, d.WriteGraph(b.Context(), 2, o.Graph(), link.Offsets{1}, time.Now()))
	})
}
