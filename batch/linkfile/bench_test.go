package linkfile

import (
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

// BenchmarkGeneration writes and reads a web of 300,000 pages and 3 million links.
func BenchmarkGeneration(b *testing.B) {
	g := madeUp(300_000, 3_000_000)
	r := &pagerank.Result{X: make([]float64, g.Pages()), Residual: make([]float64, g.Pages())}
	d := open(b, b.TempDir())
	perLink := func(b *testing.B) {
		b.ReportMetric(float64(g.Links.Links())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mlinks/s")
	}
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			if err := d.WriteGraph(b.Context(), 1, g, nil, time.Now()); err != nil {
				b.Fatal(err)
			}
		}
		perLink(b)
		m, err := d.GraphManifest(1)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(find(m.Files, linksTable.file()).Bytes)/float64(m.Links), "B/link")
		b.ReportMetric(float64(find(m.Files, pagesTable.file()).Bytes)/float64(m.Pages), "B/page")
	})
	b.Run("write ranks", func(b *testing.B) {
		for b.Loop() {
			if err := d.WriteRanks(b.Context(), 1, g, nil, r, Parameters{URLPolicy: link.PolicyVersion}, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := d.ReadGraph(b.Context(), 1); err != nil {
				b.Fatal(err)
			}
		}
		perLink(b)
	})
	b.Run("read ranks", func(b *testing.B) {
		for b.Loop() {
			if _, _, _, err := d.ReadRanks(b.Context(), 1, g); err != nil {
				b.Fatal(err)
			}
		}
	})
}
