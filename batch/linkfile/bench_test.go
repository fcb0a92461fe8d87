package linkfile

import (
	"flag"
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
