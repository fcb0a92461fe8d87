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
	for range 200 {
		pages := 1 + rng.IntN(40)
		links := rng.IntN(2000)
		plain, set := Builder{}, Builder{Dedupe: true}
		want := make([][]uint32, pages)
		for range links {
			u, v := uint32(rng.IntN(pages)), uint32(rng.IntN(pages))
			plain.Add(u, v)
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
			if got, want := s.Row(uint32(u)), slices.Compact(row); !slices.Equal(got, want) {
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

// TestTransposeParallel holds it to Transpose, for rows of all sizes and many workers.
func TestTransposeParallel(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var b Builder
	for range 700_000 {
		b.Add(uint32(50_000*rng.Float64()*rng.Float64()), uint32(50_000*rng.Float64()*rng.Float64()*rng.Float64()))
	}
	g, err := b.Build(50_001)
	if err != nil {
		t.Fatal(err)
	}
	want := g.Transpose()
	for _, workers := range []int{1, 2, 3, 8, 100} {
		if got := g.TransposeParallel(workers); !slices.Equal(got.Start, want.Start) || !slices.Equal(got.Target, want.Target) {
			t.Errorf("%d workers give another graph", workers)
		}
	}
}
