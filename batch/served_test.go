package batch

import (
	"bytes"
	"runtime"
	"testing"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
	"freshrank/pagerank/pageranktest"
)

// What publishing holds is bounded by pages and hosts, and a row costs its URL.
func TestServedTakesLittleMemory(t *testing.T) {
	const pages = 200_000
	w := pageranktest.NewWeb(1, pages, pages)
	g := &linkgraph.Graph{Links: *w.Graph()}
	urls := 0
	for p := range pages {
		g.AppendPage([]byte(w.URL(p)), link.Crawled, link.Imported)
		urls += len(w.URL(p))
	}
	e := g.Effective(link.DropMarked)
	r := &pagerank.Result{X: make([]float64, pages), Residual: make([]float64, pages)}
	g.Key(0) // makes all keys, which are the graph's

	before := heap()
	s := serve(g, e, r)
	hosts, _ := s.groups()
	if took := heap() - before; took > 16*pages+400*len(hosts) {
		t.Errorf("%d bytes for %d pages and %d hosts: %d a page", took, pages, len(hosts), took/pages)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	begun, rows := m.TotalAlloc, 0
	var last link.PageKey
	for row := range s.pages() {
		if bytes.Compare(last[:], row.Key[:]) >= 0 {
			t.Fatalf("row %d: key %x stands behind %x", rows, row.Key, last)
		}
		if host := hosts[row.Host].Name; host != link.HostOf(row.URL) {
			t.Fatalf("%s has host %s", row.URL, host)
		}
		last = row.Key
		rows++
	}
	runtime.ReadMemStats(&m)
	// A URL is put together from front-coded parts, in a buffer that grows, then copied.
	if garbage := int(m.TotalAlloc - begun); rows != pages || garbage > 8*urls {
		t.Errorf("%d rows left %d bytes behind, their URLs have %d", rows, garbage, urls)
	}
	runtime.KeepAlive(s)
}

func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func TestByKeyKeepsOnlyWhatItIsTold(t *testing.T) {
	g := newGraph(t)
	if got := byKey(g, func(p link.Page) bool { return g.URL(p) == pageC }); len(got) != 1 || g.URL(got[0]) != pageC {
		t.Errorf("kept %v", got)
	}
	if got := byKey(g, func(link.Page) bool { return false }); len(got) != 0 {
		t.Errorf("kept %v of none", got)
	}
}
