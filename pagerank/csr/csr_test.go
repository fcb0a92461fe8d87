package csr

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestBuildAgainstMap compares graphs of random streams with a map of slices.
func TestBuildAgainstMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		pages, links := 1+rng.IntN(40), rng.IntN(2000)
		if i%20 == 0 { // long rows, several blocks, more pages than buckets
			pages, links = 1+rng.IntN(3000), 200_000
		}
		plain, set := Builder{}, Builder{Dedupe: true, DropLoops: i%3 == 0}
		var part *Part
		if rng.IntN(2) == 0 {
			part = plain.Part()
		}
		want := make([][]uint32, pages)
		for range links {
			u, v := uint32(rng.IntN(1+rng.IntN(pages))), uint32(rng.IntN(pages))
			if part != nil {
				part.Add(u, v)
			} else {
				plain.Add(u, v)
			}
			set.Add(u, v)
			want[u] = append(want[u], v)
		}
		g, err := plain.Build(pages)
		if err != nil {
			t.Fatal(err)
		}
		s, err := set.Build(pages)
		if err != nil {
			t.Fatal(err)
		}
		if g.Pages() != pages || g.Links() != links || s.Links()+set.Dropped() != links {
			t.Fatalf("%d pages, %d links, %d without duplicates and %d dropped: want %d, %d",
				g.Pages(), g.Links(), s.Links(), set.Dropped(), pages, links)
		}
		if err := g.Check(); err != nil {
			t.Fatal(err)
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		for u, row := range want {
			slices.Sort(row)
			if got := g.Row(uint32(u)); !slices.Equal(got, row) {
				t.Fatalf("row %d = %v, want %v", u, got, row)
			}
			row = slices.Compact(row)
			if loop, ok := slices.BinarySearch(row, uint32(u)); ok && set.DropLoops {
				row = slices.Delete(row, loop, loop+1)
			}
			if got, want := s.Row(uint32(u)), row; !slices.Equal(got, want) {
				t.Fatalf("set row %d = %v, want %v", u, got, want)
			}
		}
		twice := g.Transpose().Transpose()
		if !slices.Equal(twice.Start, g.Start) || !slices.Equal(twice.Target, g.Target) {
			t.Fatal("transposing twice is not the identity")
		}
	}
}

func TestBuilderIsEmptyAfterBuild(t *testing.T) {
	var b Builder
	b.Add(0, 1)
	if _, err := b.Build(2); err != nil {
		t.Fatal(err)
	}
	g, err := b.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	if g.Pages() != 3 || g.Links() != 0 {
		t.Errorf("second graph has %d pages and %d links, want 3 and 0", g.Pages(), g.Links())
	}
	var none Graph
	if none.Pages() != 0 || none.Links() != 0 || none.Check() != nil {
		t.Error("the zero Graph is not an empty graph")
	}
}

func TestRenumber(t *testing.T) {
	for _, c := range []struct{ links, want [][2]uint32 }{
		{[][2]uint32{{0, 1}, {2, 0}}, [][2]uint32{{0, 1}, {2, 0}}},
		{[][2]uint32{{7, 4_000_000_000}, {500, 7}, {64, 63}}, [][2]uint32{{0, 4}, {3, 0}, {2, 1}}},
		{nil, nil},
	} {
		var b, want Builder
		part := b.Part()
		old := map[uint32]bool{}
		for i, l := range c.links {
			if i == 0 {
				part.Add(l[0], l[1])
			} else {
				b.Add(l[0], l[1])
			}
			want.Add(c.want[i][0], c.want[i][1])
			old[l[0]], old[l[1]] = true, true
		}
		numbers := b.Renumber()
		if len(numbers) != len(old) || !slices.IsSorted(numbers) {
			t.Errorf("%v: pages had the numbers %v", c.links, numbers)
		}
		got, err := b.Build(len(numbers))
		if err != nil {
			t.Fatal(err)
		}
		other, err := want.Build(len(numbers))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Start, other.Start) || !slices.Equal(got.Target, other.Target) {
			t.Errorf("%v: renumbered to %+v, want %+v", c.links, got, other)
		}
	}
}

func TestRelabel(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	const pages = 1000
	place := make([]uint32, pages)
	for i, p := range rng.Perm(pages) {
		place[i] = uint32(p)
	}
	var b, want Builder
	part := b.Part()
	for i := range 100_000 {
		u, v := rng.Uint32N(pages), rng.Uint32N(pages)
		want.Add(place[u], place[v])
		if i%2 == 0 {
			b.Add(u, v)
		} else {
			part.Add(u, v)
		}
	}
	b.Relabel(place)
	got, err := b.Build(pages)
	if err != nil {
		t.Fatal(err)
	}
	other, err := want.Build(pages)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Start, other.Start) || !slices.Equal(got.Target, other.Target) {
		t.Error("links of other pages")
	}
}

func TestBuildRefusesUnknownPages(t *testing.T) {
	for _, link := range [][2]uint32{{2, 0}, {0, 2}, {1 << 31, 0}} {
		var b Builder
		b.Add(0, 1)
		b.Add(link[0], link[1])
		if _, err := b.Build(2); err == nil || !strings.Contains(err.Error(), "only 2 pages") {
			t.Errorf("link %v among 2 pages: error %v", link, err)
		}
	}
}

func TestCheckNamesTheFault(t *testing.T) {
	for name, c := range map[string]struct {
		graph Graph
		want  string
	}{
		"links without rows": {Graph{Target: []uint32{0}}, "no rows"},
		"first start":        {Graph{Start: []uint64{1, 1}, Target: []uint32{0}}, "span links 1"},
		"last start":         {Graph{Start: []uint64{0, 2}, Target: []uint32{0}}, "want 0 … 1"},
		"descending":         {Graph{Start: []uint64{0, 2, 1}, Target: []uint32{0}}, "row 1"},
		"target":             {Graph{Start: []uint64{0, 1}, Target: []uint32{1}}, "page 1"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.graph.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// TestBuildMemory holds the promise of at most 12 bytes a link and 40 a page.
// TotalAlloc counts everything ever allocated, so it bounds the peak from above.
func TestBuildMemory(t *testing.T) {
	const pages, links = 100_000, 2_000_000
	rng := rand.New(rand.NewPCG(3, 4))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var b Builder
	for range links {
		b.Add(rng.Uint32N(pages), rng.Uint32N(pages))
	}
	if _, err := b.Build(pages); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	got, limit := after.TotalAlloc-before.TotalAlloc, uint64(12*links+40*pages+fullBlock*8)
	if got > limit {
		t.Errorf("building %d links of %d pages allocated %d bytes, want at most %d", links, pages, got, limit)
	}
}

func BenchmarkBuild(b *testing.B) {
	const pages, links = 1 << 20, 16 << 20
	rng := rand.New(rand.NewPCG(3, 4))
	for b.Loop() {
		b.StopTimer()
		c := Builder{Dedupe: true}
		for range links {
			c.Add(rng.Uint32N(1+rng.Uint32N(pages)), rng.Uint32N(pages))
		}
		b.StartTimer()
		if _, err := c.Build(pages); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/links, "ns/link")
}

// TestMiddle holds that the two workers of a transposition get half of the links each, as
// closely as whole pages allow, where the pages of most links come first or last too.
func TestMiddle(t *testing.T) {
	const pages, piece = 5000, 1 << 10
	g := &Graph{Start: make([]uint64, 1, pages+1)}
	for u := range pages {
		g.Start = append(g.Start, g.Start[u]+uint64(20_000/(u+1)))
	}
	g.Target = make([]uint32, g.Start[pages])
	first, last := make([]uint32, pages), make([]uint32, pages)
	for u := range pages {
		first[u], last[pages-1-u] = uint32(u), uint32(u)
	}
	for _, order := range [][]uint32{first, last} {
		out := make([]uint64, (pages+piece-1)/piece)
		for v, u := range order {
			out[v/piece] += uint64(g.Degree(u))
		}
		below, most := 0, 0 // most: links of the last page before it
		middle := g.middle(order, out, piece)
		for _, u := range order[:middle] {
			most = g.Degree(u)
			below += most
		}
		if half := g.Links() / 2; below < half || below-most >= half {
			t.Errorf("%d pages with %d links of %d come before the middle", middle, below, g.Links())
		}
	}
	if m := (&Graph{Start: make([]uint64, 1)}).middle(nil, nil, piece); m != 0 {
		t.Errorf("the middle of nothing is at %d", m)
	}
}

// TestTurn compares with turning round one link after the other.
func TestTurn(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, pages := range []int{0, 1, 7, 30_000} {
		var b Builder
		for range 10 * pages { // enough links for several workers in the last
			b.Add(2*rng.Uint32N(uint32(pages)), 2*rng.Uint32N(uint32(pages)))
		}
		g, err := b.Build(2 * pages)
		if err != nil {
			t.Fatal(err)
		}
		order := make([]uint32, pages) // odd pages have no links
		for v, u := range rng.Perm(pages) {
			order[v] = 2 * uint32(u)
		}
		want := make(map[uint32][]uint32)
		for v, from := range order {
			for _, u := range g.Row(from) {
				want[u] = append(want[u], uint32(v))
			}
		}
		got := g.Turn(1 + pages%2).By(order)
		if err := got.Check(); err != nil || got.Pages() != pages || got.Links() != g.Links() {
			t.Fatalf("%d pages, %d links: %v", got.Pages(), got.Links(), err)
		}
		for v, page := range order {
			if !slices.Equal(got.Row(uint32(v)), want[page]) {
				t.Fatalf("links to place %d come from %v, want %v", v, got.Row(uint32(v)), want[page])
			}
		}
	}
}
