package pageranktest

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"

	"freshrank/pagerank/csr"
)

// Web is a made-up link graph that looks like a crawl of the web: hosts of very
// different sizes, pages numbered in the order of their URLs, most links within a
// host and close by, home and index pages that everyone links to, a power law of
// in-links, and a quarter of the pages without links. Its proportions follow
// cnr-2000, a crawl of the Italian research council's sites (Laboratory for Web
// Algorithmics): 9.6 links a page, 24 % dangling, half of all links within 64 pages
// of their source. Links are made when asked for, always the same for the same
// seed; memory is 4 bytes a page and about 100 a host.
type Web struct {
	seed    uint64
	hosts   []webHost // ascending by prefix
	popular []uint32  // hosts, the most linked-to first
	degree  []uint32
	links   int
}

// NewWeb returns a web of the given numbers of pages and links. Where so many
// links do not fit, because a page links at most to all others and to no more than
// 4000, it has fewer.
func NewWeb(seed uint64, pages, links int) *Web {
	w := &Web{seed: seed, degree: make([]uint32, max(pages, 0))}
	if len(w.degree) == 0 {
		return w
	}
	rng := w.rng(saltHosts, 0)
	w.hosts = makeHosts(rng, pages)
	for h := range w.hosts {
		w.popular = append(w.popular, uint32(h))
	}
	rng.Shuffle(len(w.popular), func(i, j int) { w.popular[i], w.popular[j] = w.popular[j], w.popular[i] })
	w.makeDegrees(rng, links)
	return w
}

// makeDegrees gives each page that is not dangling one link, and spreads the rest
// log-normally.
func (w *Web) makeDegrees(rng *rand.Rand, links int) {
	const dangling, sigma, most = 0.24, 1.3, 4000
	limit := uint32(min(len(w.degree)-1, most))
	weights, total, live := make([]float32, len(w.degree)), 0.0, 0
	for i := range weights {
		if rng.Float64() >= dangling {
			weights[i] = float32(math.Exp(sigma * rng.NormFloat64()))
			total += float64(weights[i])
			live++
		}
	}
	rest, owed := max(0, float64(links-live)), 0.0
	for i, weight := range weights {
		if weight == 0 || w.links >= links {
			continue
		}
		owed += float64(weight) / total * rest
		d := min(uint32(owed+1e-6), max(limit, 1)-1)
		owed -= float64(d)
		w.degree[i] = min(d+1, limit)
		w.links += int(w.degree[i])
	}
}

// Pages returns the number of pages.
func (w *Web) Pages() int { return len(w.degree) }

// Links returns the number of links.
func (w *Web) Links() int { return w.links }

// Degree returns how many links page has.
func (w *Web) Degree(page int) int { return int(w.degree[page]) }

// Hosts returns the number of hosts.
func (w *Web) Hosts() int { return len(w.hosts) }

// URL returns the canonical URL of page. URLs ascend with the page's number.
func (w *Web) URL(page int) string {
	h := w.hostOf(page)
	var b strings.Builder
	b.WriteString(h.prefix)
	h.writePath(&b, page-h.first, w.rng(saltPath, page), w.degree[page] == 0)
	return b.String()
}

// AppendLinks appends the targets of page's links to buf: ascending, each once,
// never page itself.
func (w *Web) AppendLinks(buf []uint32, page int) []uint32 {
	want := w.Degree(page)
	if want == 0 {
		return buf
	}
	rng, host := w.rng(saltLinks, page), w.hostOf(page)
	start := len(buf)
	for round := 0; len(buf)-start < want && round < 12; round++ {
		for range want - (len(buf) - start) {
			if t := w.pick(rng, host, page, round >= 8); t != page {
				buf = append(buf, uint32(t))
			}
		}
		buf = tidy(buf, start)
	}
	// A small web whose popular pages are all taken: the next ones then.
	for t := page; len(buf)-start < want; {
		t = (t + 1) % w.Pages()
		if _, taken := slices.BinarySearch(buf[start:], uint32(t)); !taken && t != page {
			buf = tidy(append(buf, uint32(t)), start)
		}
	}
	return buf
}

// tidy sorts the elements from start on and removes duplicates.
func tidy(buf []uint32, start int) []uint32 {
	slices.Sort(buf[start:])
	return buf[:start+len(slices.Compact(buf[start:]))]
}

// All returns every link as source and target, ascending.
func (w *Web) All() iter.Seq2[uint32, uint32] {
	return func(yield func(uint32, uint32) bool) {
		var buf []uint32
		for u := range w.Pages() {
			buf = w.AppendLinks(buf[:0], u)
			for _, v := range buf {
				if !yield(uint32(u), v) {
					return
				}
			}
		}
	}
}

// Graph returns the web's links as adjacency.
func (w *Web) Graph() *csr.Graph {
	g := &csr.Graph{Start: make([]uint64, 1, w.Pages()+1), Target: make([]uint32, 0, w.links)}
	for u := range w.Pages() {
		g.Target = w.AppendLinks(g.Target, u)
		g.Start = append(g.Start, uint64(len(g.Target)))
	}
	return g
}

// pick draws the target of a link of page. With wide set it draws evenly, from
// everywhere.
func (w *Web) pick(rng *rand.Rand, host *webHost, page int, wide bool) int {
	if wide {
		return rng.IntN(w.Pages())
	}
	if host.pages > 1 && rng.Float64() < 0.98 {
		return host.first + host.pick(rng, page-host.first)
	}
	// Another host: popularity falls off as a power law, over hosts and in them.
	h := &w.hosts[w.popular[skewed(rng, len(w.popular), 4)]]
	if rng.Float64() < 0.5 {
		return h.first // its home page
	}
	return h.first + skewed(rng, h.pages, 4)
}

// skewed returns a number below n, k with a probability that falls as k^(1/power−1).
func skewed(rng *rand.Rand, n int, power float64) int {
	return min(n-1, int(float64(n)*math.Pow(rng.Float64(), power)))
}

func (w *Web) hostOf(page int) *webHost {
	return &w.hosts[sort.Search(len(w.hosts), func(h int) bool { return w.hosts[h].first > page })-1]
}

// Salts keep the random choices for one page independent of each other.
const (
	saltHosts = iota + 1
	saltPath
	saltLinks
	saltFeed
)

func (w *Web) rng(salt, page int) *rand.Rand {
	return rand.New(rand.NewPCG(w.seed, uint64(salt)<<56|uint64(page)))
}
