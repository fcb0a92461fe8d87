package pageranktest

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"freshrank/pagerank/link"
)

// TestReplay: after each event a Replay says what Truth says of all until then.
func TestReplay(t *testing.T) {
	for seed := range uint64(10) {
		events := RandomEvents(rand.New(rand.NewPCG(seed, 7)), 120, 15)
		imported := func(yield func(string, []link.Link) bool) {
			_ = yield(events[0].URL, []link.Link{{URL: events[1].URL}, {URL: "https://only.example/"}}) &&
				yield(events[2].URL, []link.Link{{URL: events[0].URL}, {URL: events[3].URL, Rel: link.NoFollow}})
		}
		r := NewReplay(imported, link.DropMarked, 0.85)
		for i := range events {
			r.Add(&events[i])
			got, want := r.World(), TruthAfter(imported, events[:i+1], link.DropMarked, 0.85)
			if got.N != want.N || math.Abs(got.Sum-want.Sum) > 1e-11*want.Sum || len(got.Pages) != len(want.Pages) {
				t.Fatalf("seed %d, event %d: N = %d, Σx = %v, %d pages; want %d, %v, %d",
					seed, i, got.N, got.Sum, len(got.Pages), want.N, want.Sum, len(want.Pages))
			}
			for _, url := range slices.Sorted(maps.Keys(want.Pages)) {
				g, w := got.Pages[url], want.Pages[url]
				if g.Status != w.Status || g.Target != w.Target || g.Member != w.Member || math.Abs(g.X-w.X) > 1e-11 {
					t.Fatalf("seed %d, event %d: %s is %+v, want %+v", seed, i, url, g, w)
				}
			}
		}
	}
}
