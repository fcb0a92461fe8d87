package incremental

import (
	"context"
	"math"
	"math/bits"
	"math/rand/v2"
	"testing"
	"time"

	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

func newEmpty(t *testing.T, epsilon float64) *Engine {
	t.Helper()
	e, err := New(&linkgraph.Graph{}, nil, nil, Options{Damping: alpha, Policy: link.DropMarked, Epsilon: epsilon})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func crawled(to ...link.Page) link.State {
	s := link.State{Kind: link.Crawled, Target: link.NoPage, Version: link.Imported}
	for _, v := range to {
		s.Links = append(s.Links, link.Edge{To: v})
	}
	return s
}

func aliasOf(p link.Page) link.State {
	return link.State{Kind: link.Alias, Target: p, Version: link.Imported}
}

func pages(from, n int) []link.Page {
	out := make([]link.Page, n)
	for i := range out {
		out[i] = link.Page(from + i)
	}
	return out
}

// TestLinksComeAndGoUnpushed changes a page's links between one, many and none, as
// often as a long log may while the speed layer catches up and pushes nothing. A rule
// that scales x̂ with the out-degree multiplies it by a thousand in each round.
func TestLinksComeAndGoUnpushed(t *testing.T) {
	e := newEmpty(t, 1e-3)
	many := pages(1, 1000)
	for range 200 {
		e.Set(0, crawled(1))
		e.Set(0, crawled(many...))
		e.Set(0, crawled())
	}
	e.Set(0, crawled(1, 2))
	e.Push(context.Background(), 1<<40)
	e.Changed(math.MaxInt, func(link.Page, Served) {})
	c := e.Certificate()
	if !(c.Drift() <= 1e-12 && c.Epsilon() <= 2e-3) {
		t.Errorf("drift %v, ε %v", c.Drift(), c.Epsilon())
	}
	// Nothing links to page 0, and two links share what it has.
	if x, want := e.Page(1).X, 0.15*(1+0.85/2); !(math.Abs(x-want) <= 1e-9) {
		t.Errorf("x = %v, want %v", x, want)
	}
}

// TestRoundingAddsUp moves an amount that is large for one of its owners to and fro,
// and then takes it away. What rounding has left in small ranks by then is more than
// their residuals say, which are pushed to nothing; the certificate must know of it.
func TestRoundingAddsUp(t *testing.T) {
	const sources, alias, first, second, friend = 30_000, 30_000, 30_001, 30_002, 40_000
	e := newEmpty(t, 1e-13)
	for p := range link.Page(sources) {
		e.Set(p, crawled(alias))
	}
	e.Set(first, crawled())
	e.Set(second, crawled())
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		e.Set(alias, aliasOf(first))
		e.Set(friend, crawled(pages(first, 2+rng.IntN(10))...))
		e.Set(alias, aliasOf(second))
		e.Set(friend, crawled(pages(first, 2+rng.IntN(10))...))
	}
	e.Set(friend, crawled(first, second))
	e.Set(alias, crawled())
	e.Push(context.Background(), 1<<40)
	e.Changed(math.MaxInt, func(link.Page, Served) {})
	c := e.Certificate()
	x := 0.15 * (1 + 0.85/2)
	off := 0.0
	for _, p := range []link.Page{first, second} {
		y := e.Page(p).X
		if lo, hi := c.XBounds(y, 1); x < lo || x > hi {
			t.Errorf("page %d: x = %v lies outside of [%v, %v], served %v", p, x, lo, hi, y)
		}
		off = max(off, math.Abs(y-x)/x)
	}
	t.Logf("off by %.2g, certified %.2g", off, c.Epsilon())
	if off < 1e-11 {
		t.Errorf("rounding has put x off by %v only: the test is too tame", off)
	}
	if c.Epsilon() > 1e-5 {
		t.Errorf("ε = %v for rounding alone", c.Epsilon())
	}
}

// TestCrowdsOfAliases ends the aliases of a page that very many pages stand for, one
// by one, and opens a long cycle of aliases. That takes less than a second where the
// cost is that of what changes, and far longer where everyone looks at everyone else.
func TestCrowdsOfAliases(t *testing.T) {
	crowd, cycle := link.Page(tries(t, 500_000, 100_000)), link.Page(20_000)
	e := newEmpty(t, 0.01)
	for p := range crowd {
		e.Set(p+1, aliasOf(0))
	}
	for p := range cycle { // back to front: a chain that grows at its end moves each time
		p = crowd + cycle - p
		e.Set(p, aliasOf(crowd+1+(p-crowd)%cycle))
	}
	began := time.Now()
	for p := range crowd {
		e.Set(p+1, crawled())
	}
	ended := time.Now()
	e.Set(crowd+1, crawled())
	opened := time.Now()
	if a, b := ended.Sub(began), opened.Sub(ended); a > 4*time.Second || b > 4*time.Second {
		t.Errorf("ending %d aliases of one page took %v, opening a cycle of %d %v", crowd, a, cycle, b)
	} else {
		t.Log(a, b)
	}
	if len(e.sources[0]) != 0 || len(e.target) != int(cycle)-1 || len(e.forward) != int(cycle)-1 {
		t.Errorf("%d aliases of one page, %d published ones and %d in force are left", len(e.sources[0]), len(e.target), len(e.forward))
	}
}

// TestLinksThatStayCostNothing adds one link to a hub: only the hub and the new
// target are touched. And without any push, adding and replacing over and over keeps
// x̂ near x̃.
func TestLinksThatStayCostNothing(t *testing.T) {
	e := newEmpty(t, 1e-3)
	e.Set(0, crawled(pages(1, 10_000)...))
	e.Push(context.Background(), 1<<40)
	e.Changed(math.MaxInt, func(link.Page, Served) {})
	e.Set(0, crawled(pages(1, 10_001)...))
	touched := 0
	for i := range e.shards {
		for _, word := range e.shards[i].moved {
			touched += bits.OnesCount64(word)
		}
	}
	if touched != 2 {
		t.Errorf("%d pages are touched, want the hub and the new target", touched)
	}
	for i := range 1000 {
		from := 1 + 2000*(i%2)
		e.Set(0, crawled(pages(from, 100)...))
		e.Set(0, crawled(pages(from, 150)...))
	}
	if x, served := e.nodes[0].x, e.served(0); math.Abs(x-served) > e.threshold {
		t.Errorf("x̂ = %v, x̃ = %v after 2000 changes without a push", x, served)
	}
	e.Push(context.Background(), 1<<40)
	e.Changed(math.MaxInt, func(link.Page, Served) {})
	if c := e.Certificate(); !(c.Drift() <= 1e-12 && c.Epsilon() <= 1.2e-3) {
		t.Errorf("drift %v, ε %v", c.Drift(), c.Epsilon())
	}
}

// TestLinksBegetNoDetour lets a page of large rank go from one link to a thousand and back:
// those that come are never sent what the one had. That would have them pushed for nothing,
// and admit roundings of a thousand times as much.
func TestLinksBegetNoDetour(t *testing.T) {
	few, lots := crawled(1), crawled(pages(1, 1000)...)
	for _, epsilon := range []float64{1, 1e-8} {
		e := newEmpty(t, epsilon)
		for _, p := range pages(10_000, 1000) {
			e.Set(p, crawled(0))
		}
		e.Set(0, few)
		e.Push(context.Background(), 1<<40)
		e.Set(0, lots)
		queued := 0
		for _, p := range pages(2, 999) {
			if s := e.shardOf(p); s.queued.has(uint32(p - s.first)) {
				queued++
			}
		}
		if epsilon == 1 && queued > 0 {
			t.Errorf("%d pages are to be pushed that got a thousandth of %v", queued, e.nodes[0].x)
		}
		for range 1000 {
			e.Set(0, few)
			e.Set(0, lots)
		}
		e.Push(context.Background(), 1<<40)
		e.Changed(math.MaxInt, func(link.Page, Served) {})
		if c := e.Certificate(); !(c.Epsilon() <= 1.5*epsilon) {
			t.Errorf("ε %v is certified, want %v or little more", c.Epsilon(), epsilon)
		}
		anew(t, "flapping", e)
	}
}

// TestStuckResidualIsSeen: a residual that x̂ cannot take, for rounding, counts though the
// ceiling of its block is unknown.
func TestStuckResidualIsSeen(t *testing.T) {
	base := linkgraph.NewOverlay(nil)
	for i := range 64 {
		base.Apply(&link.Event{Type: link.PageCrawled, ID: "1", URL: url(i), Time: unix(1)})
	}
	g := base.Graph()
	const eps = 1e-10
	rest := 1 - alpha
	x, r := make([]float64, 64), make([]float64, 64)
	for i := range x {
		x[i] = rest
	}
	r[0], x[4], r[4], r[5] = 0.95*eps*rest, 1e6, 5e-11, 0.95*eps*rest
	e, err := New(g, x, r, Options{Damping: alpha, Policy: link.DropMarked, Epsilon: eps})
	if err != nil {
		t.Fatal(err)
	}
	e.Push(context.Background(), 1<<40)
	most := 0.0
	for p := range e.nodes {
		most = max(most, math.Abs(e.residuals[p].r)/float64(e.nodes[p].weight))
	}
	if got := e.greatest(); got < most {
		t.Errorf("greatest %v, most %v, threshold %v, lostOne %v", got, most, e.threshold, e.shards[0].lostOne)
	}
}
