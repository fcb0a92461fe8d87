package pageranktest

import (
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"freshrank/pagerank/csr"
)

// Web is a made-up link graph that looks, and mixes, like a crawl of the web:
// hosts of very different sizes, pages numbered in the order of their URLs, hardly
// a link that leaves its host, menus that whole folders of pages share, sites that
// link to nobody else, and a quarter of the pages without links. Its proportions
// follow cnr-2000, a crawl of the Italian research council's sites (Laboratory for
// Web Algorithmics); web_test.go has the figures side by side. What matters most
// is that solvers find it as hard: closed sites give the slow modes, shared menus
// the in-degrees and the locality. Links are made when asked for, always the same
// for the same seed; memory is 4 bytes a page and about 100 a host.
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

// Graph returns the web's links as adjacency, made on all processors.
func (w *Web) Graph() *csr.Graph {
	g := &csr.Graph{Start: make([]uint64, w.Pages()+1), Target: make([]uint32, w.links)}
	for u := range w.Pages() {
		g.Start[u+1] = g.Start[u] + uint64(w.degree[u])
	}
	inParallel(w.Pages(), 1<<12, func(from, to int) {
		for u := from; u < to; u++ {
			w.AppendLinks(g.Target[g.Start[u]:g.Start[u]:g.Start[u+1]], u)
		}
	})
	return g
}

// inParallel calls do for consecutive pieces of 0 … n−1, each once, on all
// processors.
func inParallel(n, piece int, do func(from, to int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (n+piece-1)/piece) {
		group.Go(func() {
			for from := int(next.Add(1)-1) * piece; from < n; from = int(next.Add(1)-1) * piece {
				do(from, min(from+piece, n))
			}
		})
	}
	group.Wait()
}

// hostOf returns the host that page is on.
func (w *Web) hostOf(page int) *webHost { return &w.hosts[w.hostNumber(page)] }

func (w *Web) hostNumber(page int) int {
	return sort.Search(len(w.hosts), func(h int) bool { return w.hosts[h].first > page }) - 1
}

// Salts keep the random choices for one page independent of each other.
const (
	saltHosts = iota + 1
	saltPath
	saltLinks
	saltFeed
	saltFolder
	saltMenu
	saltShuffle
)

func (w *Web) rng(salt, page int) *rand.Rand {
	return rand.New(rand.NewPCG(w.seed, uint64(salt)<<56|uint64(page)))
}

// tidy sorts the elements from start on and removes duplicates.
func tidy(buf []uint32, start int) []uint32 {
	slices.Sort(buf[start:])
	return buf[:start+len(slices.Compact(buf[start:]))]
}
