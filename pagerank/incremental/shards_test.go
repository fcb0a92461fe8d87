package incremental_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"freshrank/pagerank"
	"freshrank/pagerank/csr"
	"freshrank/pagerank/incremental"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
	"freshrank/pagerank/pageranktest"
)

// folded returns the folded graph whose pages, all crawled, have the links of out.
func folded(out *csr.Graph) *linkgraph.Graph {
	g := &linkgraph.Graph{Links: *out}
	for p := range out.Pages() {
		g.AppendPage(fmt.Appendf(nil, "http://h.example/%07d", p), link.Crawled, link.Imported)
	}
	return g
}

// TestAnyNumberOfWorkers follows the same large batches, aliases and new pages among
// them, with one worker and with several, with short and long budgets: every number
// must come out the same, the conservation law must hold after every batch, and every
// page's interval must hold its rank.
func TestAnyNumberOfWorkers(t *testing.T) {
	for name, out := range map[string]*csr.Graph{
		"web":  pageranktest.NewWeb(7, 20_000, 200_000).Graph(),
		"kron": pageranktest.Kron(7, 12, 12),
	} {
		t.Run(name, func(t *testing.T) {
			res, err := pagerank.Rank(context.Background(), pagerank.Problem{Out: out}, pagerank.Options{})
			if err != nil {
				t.Fatal(err)
			}
			told := [3]map[link.Page]incremental.Served{{}, {}, {}}
			var engines []*incremental.Engine
			workers := []int{1, 2, 5}
			for _, w := range workers {
				e, err := incremental.New(folded(out), res.X, res.Residual, incremental.Options{Damping: 0.85, Epsilon: 3e-3, Workers: w})
				if err != nil {
					t.Fatal(err)
				}
				engines = append(engines, e)
			}
			rng := rand.New(rand.NewPCG(1, 7))
			n := out.Pages()
			states := map[link.Page]link.State{}
			for batch := range 4 {
				budget := int64(1) << (10 * (batch + 1))
				var pages []link.Page
				for range 1500 {
					p := link.Page(rng.IntN(n))
					s := link.State{Kind: link.Crawled, Target: link.NoPage, Version: link.Imported}
					switch {
					case rng.IntN(20) == 0:
						s = link.State{Kind: link.Alias, Target: link.Page(rng.IntN(n)), Version: link.Imported}
					default:
						for _, v := range out.Row(uint32(p)) {
							if rng.IntN(5) > 0 {
								s.Links = append(s.Links, link.Edge{To: link.Page(v)})
							}
						}
						s.Links = append(s.Links, link.Edge{To: link.Page(n + rng.IntN(100))})
						s.Links = slices.Compact(s.Links)
					}
					if _, ok := states[p]; !ok || !slices.Contains(pages, p) {
						pages = append(pages, p)
					}
					states[p] = s
				}
				limit := []int{500, math.MaxInt}[batch%2]
				var first pagerank.Certificate
				for i, e := range engines {
					e.SetAll(pages, func(p link.Page) link.State { return states[p] })
					for spend := budget; !e.Push(context.Background(), spend); spend *= 2 {
					}
					e.Changed(limit, func(p link.Page, s incremental.Served) { told[i][p] = s })
					c := e.Certificate()
					if !(c.Drift() < 1e-12) {
						t.Fatalf("batch %d, engine %d: conservation law off by %v", batch, i, c.Drift())
					}
					if i == 0 {
						first = c
					}
					if c != first || e.EdgeOps != engines[0].EdgeOps {
						t.Errorf("batch %d: certificate %+v with %d workers, %+v with 1", batch, c, workers[i], first)
					}
					for p := range link.Page(e.Pages()) {
						if got, want := e.Page(p), engines[0].Page(p); got != want || told[i][p] != told[0][p] {
							t.Fatalf("batch %d: page %d is %+v with %d workers, %+v with 1; handed out: %+v, %+v", batch, p, got, workers[i], want, told[i][p], told[0][p])
						}
					}
				}
			}
			checkAll(t, engines[1], told[1], states, out)
		})
	}
}

// checkAll holds what e serves against ranks computed independently.
func checkAll(t *testing.T, e *incremental.Engine, told map[link.Page]incremental.Served, states map[link.Page]link.State, out *csr.Graph) {
	t.Helper()
	o := linkgraph.NewOverlay(nil)
	name := func(p link.Page) string { return fmt.Sprintf("http://h.example/%07d", p) }
	for p := range link.Page(out.Pages()) {
		s, ok := states[p]
		if !ok {
			s = link.State{Kind: link.Crawled, Target: link.NoPage, Version: link.Imported}
			for _, v := range out.Row(uint32(p)) {
				s.Links = append(s.Links, link.Edge{To: link.Page(v)})
			}
		}
		ev := link.Event{Type: link.PageCrawled, URL: name(p), ID: "1", Time: time.Unix(1, 0)}
		if s.Kind == link.Alias {
			ev.Type, ev.Target = link.PageAlias, name(s.Target)
		}
		for _, l := range s.Links {
			ev.Links = append(ev.Links, link.Link{URL: name(l.To)})
		}
		o.Apply(&ev)
	}
	g := o.Graph()
	eff := g.Effective(link.CountAll)
	truth := pageranktest.Solve(eff.Out, eff.Member, 0.85)
	c := e.Certificate()
	served := func(p link.Page) float64 {
		if s, ok := told[p]; ok {
			return s.X
		}
		x, _ := e.BaseX(p)
		return x
	}
	for p := range link.Page(e.Pages()) {
		to, ok := g.Find(link.KeyOf(name(p)))
		if !ok {
			continue
		}
		if now := e.Page(p); now.HasX != eff.Member[to] {
			t.Fatalf("page %d: %+v, member %v", p, now, eff.Member[to])
		}
		if !eff.Member[to] {
			continue
		}
		if lo, hi := c.XBounds(served(p), 1); truth[to] < lo || truth[to] > hi {
			t.Fatalf("page %d: x = %v outside [%v, %v]", p, truth[to], lo, hi)
		}
	}
}
