package linkgraph

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"freshrank/pagerank/link"
)

// stated is a link as it is given to a Builder.
type stated struct {
	source, target string
	rel            link.Rel
}

func randomLinks(rng *rand.Rand, pages, n int) []stated {
	name := func() string {
		i := rng.IntN(1 + rng.IntN(pages))
		return fmt.Sprintf("http://%s%d.example/%s", []string{"", "www.", "a"}[i%3], i/7, strings.Repeat("p/", i%40)+fmt.Sprint(i%11))
	}
	all := make([]stated, n)
	for i := range all {
		all[i] = stated{name(), name(), link.Rel(max(0, rng.IntN(20)-12))}
	}
	return all
}

// build hands out links to as many parts as asked for, each with a goroutine.
func build(t *testing.T, all []stated, parts int) (*Graph, Stats) {
	t.Helper()
	b := NewBuilder()
	var group sync.WaitGroup
	for k := range parts {
		part := b.Part()
		group.Go(func() {
			for i := k; i < len(all); i += parts {
				part.AddLink([]byte(all[i].source), []byte(all[i].target), all[i].rel)
			}
		})
	}
	group.Wait()
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	return g, b.Stats()
}

// TestBuilderAgainstMaps: the graph is the set of links, whatever their order and
// however many goroutines brought them.
func TestBuilderAgainstMaps(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for i := range 20 {
		all := randomLinks(rng, 1+rng.IntN(200), 1+rng.IntN(2000))
		if i == 0 { // several arenas and tables
			all = randomLinks(rng, 15_000, 20_000)
		}
		all = append(all, stated{"http://a.example/", "http://b.example/", 0})
		g, stats := build(t, all, 1+i%4)
		if err := Check(g); err != nil {
			t.Fatal(err)
		}
		rels, crawled, self := map[[2]string]link.Rel{}, map[string]bool{}, int64(0)
		for _, l := range all {
			crawled[l.source] = true
			crawled[l.target] = crawled[l.target] || false
			key := [2]string{l.source, l.target}
			if rel, ok := rels[key]; l.source == l.target {
				self++
			} else if ok {
				rels[key] = rel.Collapse(l.rel)
			} else {
				rels[key] = l.rel
			}
		}
		if want := (Stats{Pages: int64(len(crawled)), Links: int64(len(rels)), Duplicates: int64(len(all)-len(rels)) - self, SelfLoops: self}); stats != want {
			t.Fatalf("stats %+v, want %+v", stats, want)
		}
		for p, url := range slices.Sorted(maps.Keys(crawled)) {
			p := link.Page(p)
			if g.URL(p) != url || (g.Kinds[p] == link.Crawled) != crawled[url] || (g.Versions.At(p) == link.Imported) != crawled[url] {
				t.Fatalf("page %d is %q, kind %v, version %v: want %q, crawled %v", p, g.URL(p), g.Kinds[p], g.Versions.At(p), url, crawled[url])
			}
			for _, e := range g.Edges(p) {
				if rel, ok := rels[[2]string{url, g.URL(e.To)}]; !ok || rel != e.Rel {
					t.Fatalf("link from %q to %q with rel %v: want %v, %v", url, g.URL(e.To), e.Rel, rel, ok)
				}
			}
		}
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if again, _ := build(t, all, 1+rng.IntN(4)); cmp.Diff(g, again, equal) != "" {
			t.Fatal("another order made another graph")
		}
	}
}

func TestSortURLs(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 50 {
		set := map[string]bool{"": true, "\x00": true, "aaaaaaaa": true, "aaaaaaaa\x00": true, "aaaaaaaa\x00\x00": true}
		for range rng.IntN(8000) {
			b := []byte("http://www.example/")[:rng.IntN(20)]
			for range rng.IntN(30) {
				b = append(b, "\x00ab\xff"[rng.IntN(4)])
			}
			set[string(b)] = true
		}
		urls := slices.Collect(maps.Keys(set))
		all := make([]keyed, len(urls))
		for i := range all {
			all[i].number = uint32(i)
		}
		sortURLs(all, func(n uint32) []byte { return []byte(urls[n]) })
		for i, want := range slices.Sorted(maps.Keys(set)) {
			if got := urls[all[i].number]; got != want {
				t.Fatalf("place %d: %q, want %q", i, got, want)
			}
		}
	}
}

// TestInternerLongURLs: one that fills a block alone, and one longer than any block.
func TestInternerLongURLs(t *testing.T) {
	b := NewBuilder()
	var want []string
	for i := range 150 {
		want = append(want, fmt.Sprintf("http://a.example/%s%d", strings.Repeat("x", i/149<<20+i*2000), i))
		b.AddLink(want[0], want[i], 0)
	}
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	for p, url := range want {
		if g.URL(link.Page(p)) != url {
			t.Fatalf("page %d has another URL", p)
		}
	}
}

// TestBuilderMemory holds what the comment on Builder says. TotalAlloc counts all that
// was ever allocated, so tables and lists count about twice: once more for all that
// they have grown out of.
func TestBuilderMemory(t *testing.T) {
	const pages, links, length = 100_000, 500_000, 30
	rng := rand.New(rand.NewPCG(3, 4))
	urls := bytes.Repeat([]byte("http://www.site.example/000000"), pages)
	url := func(p int) []byte { return urls[p*length : (p+1)*length] }
	for p := range pages {
		strconv.AppendInt(url(p)[:length-6], int64(100_000+p), 10)
	}
	var before, after runtime.MemStats
	b := NewBuilder()
	part := b.Part()
	runtime.ReadMemStats(&before)
	for i := range links {
		part.AddLink(url(i*pages/links), url(rng.IntN(pages)), 0)
	}
	runtime.ReadMemStats(&after)
	got, limit := after.TotalAlloc-before.TotalAlloc, uint64(8*links+pages*(length+2+2*31)+internShards*fullArena/2)
	if got > limit {
		t.Errorf("%d links of %d pages allocated %d bytes, want at most %d", links, pages, got, limit)
	}
	if _, err := b.Graph(); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkBuilder(b *testing.B) {
	const pages, links = 1 << 18, 1 << 21
	rng := rand.New(rand.NewPCG(3, 4))
	urls := make([][]byte, pages)
	for i := range urls {
		urls[i] = fmt.Appendf(nil, "https://www.site%05d.example/articles/%07d", rng.IntN(pages/30), i)
	}
	for b.Loop() {
		c := NewBuilder()
		part := c.Part()
		for i := range links {
			part.AddLink(urls[i*pages/links], urls[rng.Uint32N(1+rng.Uint32N(pages))], 0)
		}
		if _, err := c.Graph(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/links, "ns/link")
}
