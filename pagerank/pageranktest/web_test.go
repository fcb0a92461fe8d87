package pageranktest

import (
	"math"
	"net/url"
	"slices"
	"testing"

	"freshrank/pagerank/link"
)

func TestWebIsOneWebPerSeed(t *testing.T) {
	a, b, c := NewWeb(1, 2000, 20_000).Graph(), NewWeb(1, 2000, 20_000).Graph(), NewWeb(2, 2000, 20_000).Graph()
	if !slices.Equal(a.Start, b.Start) || !slices.Equal(a.Target, b.Target) {
		t.Error("two webs of one seed differ")
	}
	if slices.Equal(a.Target, c.Target) {
		t.Error("two webs of different seeds are equal")
	}
}

func TestWebHasTheLinksItSays(t *testing.T) {
	for _, size := range []struct{ pages, links, want int }{
		{20_000, 190_000, 190_000}, {1000, 100_000, 100_000}, {150, 900, 900},
		{1, 10, 0}, {2, 10, -1}, {10, 1000, -1}, {0, 0, 0}, {500, 0, 0},
	} {
		w := NewWeb(7, size.pages, size.links)
		g := w.Graph()
		if err := g.Check(); err != nil {
			t.Fatal(err)
		}
		if g.Pages() != size.pages || g.Links() != w.Links() || size.want >= 0 && w.Links() != size.want {
			t.Errorf("web of %d pages and %d links has %d and %d, and says %d", size.pages, size.links, g.Pages(), g.Links(), w.Links())
		}
		for u := range w.Pages() {
			row := g.Row(uint32(u))
			if len(row) != w.Degree(u) || !slices.IsSorted(row) || len(slices.Compact(slices.Clone(row))) != len(row) ||
				slices.Contains(row, uint32(u)) {
				t.Fatalf("page %d of %d has links %v: want %d, ascending, each once, none to itself", u, w.Pages(), row, w.Degree(u))
			}
		}
	}
}

// TestWebURLs holds that page numbers are the order of canonical URLs.
func TestWebURLs(t *testing.T) {
	w := NewWeb(3, 30_000, 100_000)
	domains, before := map[string]bool{}, ""
	for u := range w.Pages() {
		raw := w.URL(u)
		if canonical, err := link.CanonicalURL(raw, 2048); err != nil || canonical != raw {
			t.Fatalf("page %d: %q is not canonical: %q, %v", u, raw, canonical, err)
		}
		if raw <= before {
			t.Fatalf("page %d: %q does not follow %q", u, raw, before)
		}
		before = raw
		domains[link.DomainOf(link.HostOf(raw))] = true
	}
	if w.Hosts() != 375 || len(domains) < 200 || len(domains) >= 375 {
		t.Errorf("%d hosts of %d domains: want 375 hosts, some of which share a domain", w.Hosts(), len(domains))
	}
}

// TestWebLooksLikeTheWeb compares the shape with cnr-2000's, in brackets: a quarter
// of the pages dangle [0.24], links are local [half within 64 pages], degrees have
// heavy tails [out: p99 140; in: p99 64, p999 741, most 17578 of 3.1 M].
func TestWebLooksLikeTheWeb(t *testing.T) {
	const pages = 100_000
	w := NewWeb(5, pages, 960_000)
	out, in := make([]int, pages), make([]int, pages)
	hosts := make([]string, pages)
	for u := range hosts {
		parsed, err := url.Parse(w.URL(u))
		if err != nil {
			t.Fatal(err)
		}
		hosts[u] = parsed.Host
	}
	var near, inside float64
	for u, v := range w.All() {
		out[u]++
		in[v]++
		if math.Abs(float64(u)-float64(v)) <= 64 {
			near++
		}
		if hosts[u] == hosts[v] {
			inside++
		}
	}
	slices.Sort(out)
	slices.Sort(in)
	dangling, _ := slices.BinarySearch(out, 1)
	for _, c := range []struct {
		what              string
		value, least, top float64
	}{
		{"dangling", float64(dangling) / pages, 0.23, 0.25},
		{"links within a host", inside / 960_000, 0.8, 0.95},
		{"links within 64 pages", near / 960_000, 0.4, 0.65},
		{"out-degree p99", float64(out[pages*99/100]), 60, 200},
		{"in-degree median", float64(in[pages/2]), 1, 8},
		{"in-degree p99", float64(in[pages*99/100]), 30, 150},
		{"in-degree p999", float64(in[pages*999/1000]), 150, 2000},
		{"greatest in-degree", float64(in[pages-1]), 1500, 20_000},
	} {
		t.Logf("%s: %.3g", c.what, c.value)
		if c.value < c.least || c.value > c.top {
			t.Errorf("%s is %v: want %v … %v", c.what, c.value, c.least, c.top)
		}
	}
}
