package incremental_test

import (
	"context"
	"runtime"
	"testing"

	"freshrank/pagerank"
	"freshrank/pagerank/incremental"
	"freshrank/pagerank/link"
	"freshrank/pagerank/pageranktest"
)

// TestMemory holds the engine and the index of page keys to 80 bytes a page, and 4 a link
// of pages some of whose links do not count, beside the base graph.
func TestMemory(t *testing.T) {
	const pages, links = 200_000, 2_000_000
	out := pageranktest.NewWeb(3, pages, links).Graph()
	res, err := pagerank.Rank(context.Background(), pagerank.Problem{Out: out}, pagerank.Options{Tolerance: 1e-3})
	if err != nil {
		t.Fatal(err)
	}
	marked := make([]link.Rel, out.Links())
	marked[out.Start[pages/2]] = link.NoFollow
	for name, rels := range map[string][]link.Rel{"no link bears a rel": nil, "one does": marked} {
		g := folded(out)
		g.Rels = rels
		before := heap()
		e, err := incremental.New(g, res.X, res.Residual, incremental.Options{Damping: 0.85, Epsilon: 1, Policy: link.DropMarked})
		if err != nil {
			t.Fatal(err)
		}
		engine := heap() - before
		g.Index()
		index := heap() - before - engine
		t.Logf("%s: engine %.1f bytes a page, index %.1f", name, float64(engine)/pages, float64(index)/pages)
		if engine+index > 80*pages {
			t.Errorf("%s: engine %d bytes and index %d bytes are more than %d", name, engine, index, 80*pages)
		}
		runtime.KeepAlive(e)
		runtime.KeepAlive(g)
	}
	runtime.KeepAlive(res)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
