package incremental

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"freshrank/pagerank/csr"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// TestEditRow edits rows, of the base graph and own ones, and holds them against slices:
// links come and go at both ends and between, rows grow out of their room, and end empty.
func TestEditRow(t *testing.T) {
	const pages, targets = 60, 500
	rng := rand.New(rand.NewPCG(5, 6))
	out := &csr.Graph{Start: make([]uint64, 1)}
	want := make([][]uint32, pages)
	for u := range want {
		for v := range uint32(targets) {
			if rng.IntN(targets) < u%20 {
				want[u] = append(want[u], v)
			}
		}
		out.Target = append(out.Target, want[u]...)
		out.Start = append(out.Start, uint64(len(out.Target)))
	}
	e := newEmpty(t, 1)
	e.grow(targets)
	e.base = (&linkgraph.Graph{Links: *out, Kinds: make([]link.Kind, pages)}).Counted(link.CountAll)
	for step := range 20_000 {
		u := rng.IntN(pages)
		var removed, added, now []uint32
		most, least := [4]int{0, 2, 30, targets}[rng.IntN(4)], [4]int{0, 2, 30, targets}[rng.IntN(4)]
		for v := range uint32(targets) { // an end of the row is as likely to go as anything
			_, there := slices.BinarySearch(want[u], v)
			switch {
			case there && (rng.IntN(targets) < most || rng.IntN(4) == 0 && (v == want[u][0] || v == want[u][len(want[u])-1])):
				removed = append(removed, v)
			case !there && (rng.IntN(targets) < least/4 || rng.IntN(20) == 0 && (v == 0 || v == targets-1)):
				added, now = append(added, v), append(now, v)
			case there:
				now = append(now, v)
			}
		}
		old := want[u]
		want[u] = now
		e.shardOf(link.Page(u)).editRow(link.Page(u), removed, added)
		if got := e.shardOf(link.Page(u)).row(link.Page(u)); !slices.Equal(got, now) {
			t.Fatalf("step %d: %v without %v and with %v is %v, want %v", step, old, removed, added, got, now)
		}
	}
	for u := range want {
		if got := e.shardOf(link.Page(u)).row(link.Page(u)); !slices.Equal(got, want[u]) {
			t.Errorf("row %d is %v, want %v", u, got, want[u])
		}
	}
}

// TestRowsAreCompactedUnderParcels: rows move while what they send waits for the exchange,
// told whole and as more single links than are taken at once, some of one page before and
// some after the cut.
func TestRowsAreCompactedUnderParcels(t *testing.T) {
	const sources, width = 1500, 2048
	for _, single := range []bool{false, true} {
		e := newEmpty(t, 1e-9)
		e.width = width
		for i := range e.shards {
			e.shards[i].first = link.Page(i * width)
		}
		row := func(p link.Page, n int) link.State { return crawled(pages(width+int(p), n)...) }
		all := pages(0, sources)
		for _, n := range []int{25, 50, 100} { // what they leave behind is half of all before long
			e.SetAll(all, func(p link.Page) link.State { return row(p, n) })
		}
		e.Push(context.Background(), 1<<40)
		first := &e.shards[0].rows.packed[0][0]
		if single {
			var told []Link
			for _, p := range all {
				for _, l := range row(p, 150).Links[100:] {
					told = append(told, Link{From: p, To: l.To, There: true})
				}
			}
			if cut := 1 << 14; len(told) < 2*cut || told[cut-1].From != told[cut].From {
				t.Fatalf("%d links, no page's on both sides of the cut", len(told))
			}
			e.SetLinks(told)
		} else {
			e.SetAll(all, func(p link.Page) link.State { return row(p, 150) })
		}
		if first == &e.shards[0].rows.packed[0][0] {
			t.Error("no rows were compacted")
		}
		for _, p := range all {
			for i, v := range e.shardOf(p).row(p) {
				if i > 150 || v != uint32(width+int(p)+i) {
					t.Fatalf("link %d of page %d leads to %d", i, p, v)
				}
			}
		}
		anew(t, "compacted", e)
	}
}

// anew holds all residuals against what they are when computed anew; there are no aliases.
func anew(t *testing.T, at string, e *Engine) {
	t.Helper()
	fresh := slices.Repeat([]float64{e.rest}, e.Pages())
	for p := range link.Page(e.Pages()) {
		s := e.shardOf(p)
		for _, v := range s.row(p) {
			fresh[v] += e.share(p, s.degree(p))
		}
	}
	for p, n := range e.nodes {
		if n.flags&isMember != 0 && math.Abs(fresh[p]-n.x-e.residuals[p].r) > 1e-12*max(1, n.x) {
			t.Fatalf("%s: residual of page %d is %v, computed anew %v", at, p, e.residuals[p].r, fresh[p]-n.x)
		}
	}
}
