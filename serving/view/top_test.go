package view_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// TestTopRandom pages through lists of random generations and overlays, full of
// ties, and compares with sorting the merged rows.
func TestTopRandom(t *testing.T) {
	const seed = 20260502
	random := rand.New(rand.NewPCG(seed, 1))
	l, v := newLayers(t)
	for g := range int64(4) {
		g++
		hidden, levels := random.Float64(), random.IntN(5)+1
		level := func() float64 { return float64(random.IntN(levels)) + 0.5 }
		var base, overlay, want []row
		for i := range random.IntN(200) {
			r := row{url: fmt.Sprintf("https://%d.example/%d", i%3, i), status: "ranked"}
			if random.IntN(5) > 0 {
				r.x = level()
			}
			base = append(base, r)
			if random.Float64() < hidden {
				r.base, r.x = r.x, 0
				if random.IntN(5) > 0 {
					r.x = level()
				}
				overlay = append(overlay, r)
			}
			want = append(want, r)
		}
		for i := range random.IntN(50) {
			r := row{url: fmt.Sprintf("https://%d.example/new%d", i%3, i), status: "ranked", x: level()}
			overlay, want = append(overlay, r), append(want, r)
		}
		want = slices.DeleteFunc(want, func(r row) bool { return r.x == 0 })
		slices.SortFunc(want, func(p, q row) int {
			return cmp.Or(cmp.Compare(q.x, p.x), link.PageKey(p.key()).Compare(q.key()))
		})
		l.generation(g, []int64{g}, base)
		l.view(g, []int64{g}, 300, overlay)

		for _, q := range []serving.TopQuery{{Limit: 1 + random.IntN(9)}, {Limit: 16}, {Limit: 1000}, {Limit: 1 + random.IntN(9), Host: "1.example"}} {
			var got, expect []string
			for {
				snap, pages, err := v.Top(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range pages {
					got = append(got, p.URL)
				}
				if len(pages) < q.Limit {
					break
				}
				last := pages[q.Limit-1]
				q.After = &serving.TopMark{Generation: snap.Generation, View: snap.View, X: last.X, Key: last.Key}
			}
			for _, r := range want {
				if q.Host == "" || link.HostOf(r.url) == q.Host {
					expect = append(expect, r.url)
				}
			}
			if !slices.Equal(got, expect) {
				t.Fatalf("seed %d, generation %d, host %q, limit %d:\ngot  %v\nwant %v", seed, g, q.Host, q.Limit, got, expect)
			}
		}
	}
}
