package incremental

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

const alpha = 0.85

// solve is plain Jacobi on the effective graph to far below any ε tested.
func solve(eff *linkgraph.Effective) []float64 {
	x := make([]float64, len(eff.Member))
	for range 250 {
		next := make([]float64, len(x))
		for p := range x {
			if eff.Member[p] {
				next[p] += 1 - alpha
			}
			row := eff.Out.Row(uint32(p))
			for _, v := range row {
				next[v] += alpha * x[p] / float64(len(row))
			}
		}
		x = next
	}
	return x
}

// recomputed returns r of the engine's x̂ recomputed from the folded state alone.
func recomputed(e *Engine, eff *linkgraph.Effective, place []link.Page) []float64 {
	r := make([]float64, len(eff.Member))
	for p, at := range place {
		if at == link.NoPage || p >= len(e.nodes) {
			continue
		}
		x := e.nodes[p].x
		if eff.Member[at] {
			r[at] += 1 - alpha - x
		}
		row := eff.Out.Row(uint32(at))
		for _, v := range row {
			r[v] += alpha * x / float64(len(row))
		}
	}
	return r
}

// places maps the overlay's pages to those of its compacted graph.
func places(o *linkgraph.Overlay, g *linkgraph.Graph) []link.Page {
	place := make([]link.Page, o.Pages())
	for p := range place {
		place[p] = link.NoPage
		if at, ok := g.Find(o.Key(link.Page(p))); ok {
			place[p] = at
		}
	}
	return place
}

func url(i int) string { return fmt.Sprintf("http://h%d.example/", i) }

func randomEvent(rng *rand.Rand, pages, n int) link.Event {
	e := link.Event{ID: fmt.Sprint(rng.IntN(n)), URL: url(rng.IntN(pages)), Tie: rng.Uint64()}
	e.Time = unix(1 + rng.Int64N(int64(n)))
	rel := func() link.Rel {
		if rng.IntN(5) == 0 {
			return link.NoFollow
		}
		return 0
	}
	switch rng.IntN(10) {
	case 0:
		e.Type = link.PageGone
	case 1, 2:
		e.Type, e.Target = link.PageAlias, url(rng.IntN(pages))
	case 3, 4:
		e.Type, e.Target, e.Rel = link.LinkAdded, url(rng.IntN(pages)), rel()
	case 5:
		e.Type, e.Target = link.LinkRemoved, url(rng.IntN(pages))
	default:
		e.Type = link.PageCrawled
		for i := range pages {
			if rng.IntN(pages) < 4 && url(i) != e.URL {
				e.Links = append(e.Links, link.Link{URL: url(i), Rel: rel()})
			}
		}
	}
	return e
}

// TestInvariant changes small graphs in every way at random and checks after each
// event, pushed to the end, a little or not at all: membership, aliases and N against
// the folded state, every residual against one recomputed from scratch, the
// conservation law, and every page's interval against the solution.
func TestInvariant(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 1))
		pages := 3 + rng.IntN(12)
		base := linkgraph.NewOverlay(nil)
		for range rng.IntN(40) {
			e := randomEvent(rng, pages, 60)
			base.Apply(&e)
		}
		g := base.Graph()
		if err := linkgraph.Check(g); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		eff := g.Effective(link.DropMarked)
		x := solve(eff)
		noisy := make([]float64, len(x)) // a base that is far from solved
		for p := range x {
			noisy[p] = x[p] * (1 + 0.3*rng.Float64())
		}
		e, err := New(g, noisy, make([]float64, len(x)), Options{Damping: alpha, Policy: link.DropMarked, Epsilon: 0.01})
		if err != nil {
			t.Fatal(err)
		}
		o := linkgraph.NewOverlay(g)
		r := recomputed(e, eff, places(o, g))
		if e, err = New(g, noisy, r, e.opt); err != nil {
			t.Fatal(err)
		}
		served := map[link.Page]Served{}
		for p := range link.Page(g.Pages()) {
			served[p] = e.Page(p)
		}
		start := maps.Clone(served)
		for step := range 60 {
			ev := randomEvent(rng, pages, 60)
			c, _ := o.Apply(&ev)
			if rng.IntN(2) == 0 {
				e.Set(c.Page, o.State(c.Page))
			} else {
				e.Update([]linkgraph.Change{c}, o.State)
			}
			switch step % 3 {
			case 0:
				if !e.Push(context.Background(), 1<<40) {
					t.Fatal("push did not finish within a large budget")
				}
				if eps := e.Certificate().Epsilon(); eps > e.Epsilon()*(1+1e-9) {
					t.Fatalf("seed %d step %d: ε = %v after pushing to %v", seed, step, eps, e.Epsilon())
				}
			case 1:
				before := e.EdgeOps
				if done, spent := e.Push(context.Background(), 4), e.EdgeOps-before; spent > 4+int64(pages) || !done && spent < 4 {
					t.Fatalf("seed %d step %d: %d edge operations of 4 spent, done: %v", seed, step, spent, done)
				}
			}
			if step%7 == 0 { // coarser, then finer again
				e.SetEpsilon(0.01 * float64(1+(step/7)%2*9))
			}
			e.Changed(math.MaxInt, func(p link.Page, s Served) { served[p] = s })
			for p := range link.Page(o.Pages()) {
				if x, ok := e.BaseX(p); ok != start[p].HasX || ok && x != start[p].X {
					t.Fatalf("seed %d step %d: page %s had x %v, %v; at first %+v", seed, step, o.URL(p), x, ok, start[p])
				}
			}
			check(t, fmt.Sprintf("seed %d step %d %v %s", seed, step, ev.Type, ev.URL), e, o, served)
		}
	}
}

func check(t *testing.T, at string, e *Engine, o *linkgraph.Overlay, served map[link.Page]Served) {
	t.Helper()
	g := o.Graph()
	eff, place := g.Effective(link.DropMarked), places(o, g)
	x, r := solve(eff), recomputed(e, eff, place)
	cert := e.Certificate()
	if cert.Pages != eff.Pages || e.Links() != int64(eff.Out.Links()) {
		t.Fatalf("%s: N = %d, links = %d, want %d, %d", at, cert.Pages, e.Links(), eff.Pages, eff.Out.Links())
	}
	if d := cert.Drift(); d > 1e-12 {
		t.Fatalf("%s: conservation law is off by %v", at, d)
	}
	var plus, minus, most, top float64
	for p := range link.Page(o.Pages()) {
		at := fmt.Sprintf("%s: page %s", at, o.URL(p))
		now, told := e.Page(p), served[p]
		to := place[p]
		if to == link.NoPage {
			if told.Status != linkgraph.Unknown || told.HasX {
				t.Fatalf("%s: served as %+v, but nothing speaks of it", at, told)
			}
			continue
		}
		if now.Status != eff.Status(g, to) || now.HasX != eff.Member[to] || told.Status != now.Status || told.HasX != now.HasX {
			t.Fatalf("%s: now %+v, served %+v, want %v, member %v", at, now, told, eff.Status(g, to), eff.Member[to])
		}
		if root := eff.Root[to]; root != link.NoPage && (place[now.Target] != root || told.Target != now.Target) {
			t.Fatalf("%s: alias of %d, served %d, want %s", at, now.Target, told.Target, g.URL(root))
		}
		if !eff.Member[to] {
			continue
		}
		if math.Abs(e.residuals[p].r-r[to]) > 1e-11 {
			t.Fatalf("%s: r = %v, recomputed %v", at, e.residuals[p].r, r[to])
		}
		lo, hi := cert.XBounds(told.X, 1)
		if x[to] < lo || x[to] > hi {
			t.Fatalf("%s: x = %v outside [%v, %v], served %v, %+v", at, x[to], lo, hi, told.X, cert)
		}
		plus, minus = plus+max(r[to], 0), minus+max(-r[to], 0)
		most = max(most, math.Abs(r[to])/float64(e.nodes[p].weight))
		top = max(top, told.X)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-10 }
	above := func(a, b float64) bool { return a >= b-1e-10 && a <= b*1.126+1e-10 }
	if !near(cert.Plus, plus) || !near(cert.Minus, minus) || !above(cert.EpsilonPlus*(1-alpha), most) ||
		cert.EpsilonMinus != cert.EpsilonPlus || e.XMax() != top {
		t.Fatalf("%s: certificate %+v and x max %v, want R⁺ %v, R⁻ %v, max |r|/w %v, %v", at, cert, e.XMax(), plus, minus, most, top)
	}
	lo, hi := cert.SumBounds()
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	if sum < lo || sum > hi {
		t.Fatalf("%s: Σx = %v outside [%v, %v]", at, sum, lo, hi)
	}
}

func unix(sec int64) time.Time { return time.Unix(sec, 0).UTC() }
