package incremental_test

import (
	"context"
	"runtime"
	"testing"

	"freshrank/pagerank"
	"freshrank/pagerank/incremental"
	"freshrank/pagerank/pageranktest"
)

// TestMemory holds the engine and the index of page keys to 64 bytes a page and 8 a
// link of the base graph.
func TestMemory(t *testing.T) {
	const pages, links = 200_000, 2_000_000
	out := pageranktest.NewWeb(3, pages, links).Graph()
	res, err := pagerank.Rank(context.Background(), pagerank.Problem{Out: out}, pagerank.Options{Tolerance: 1e-3})
	if err != nil {
		t.Fatal(err)
	}
	g := folded(out)
	before := heap()
	e, err := incremental.New(g, res.X, res.Residual, incremental.Options{Damping: 0.85, Epsilon: 1})
	if err != nil {
		t.Fatal(err)
	}
	engine := heap() - before
	g.Index()
	index := heap() - before - engine
	limit := 64*pages + 8*uint64(out.Links())
	t.Logf("engine %d bytes, index %d: %.1f bytes a page beside 4 a link", engine, index, float64(engine+index-4*uint64(out.Links()))/pages)
	if engine+index > limit {
		t.Errorf("engine %d bytes and index %d bytes are more than %d", engine, index, limit)
	}
	runtime.KeepAlive(res)
	runtime.KeepAlive(e)
	runtime.KeepAlive(g)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
