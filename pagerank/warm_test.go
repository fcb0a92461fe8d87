package pagerank_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"freshrank/pagerank"
	"freshrank/pagerank/csr"
	"freshrank/pagerank/pageranktest"
)

// changed returns g as it was before and after one link in a hundred changed, half of
// these gone and half come. Each link of page u is among them with a chance of share(u).
func changed(t *testing.T, g *csr.Graph, share func(u uint32) float64) (before, after *csr.Graph) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 100))
	var old, now csr.Builder
	for u := range uint32(g.Pages()) {
		p := share(u)
		for _, v := range g.Row(u) {
			k := rng.Float64()
			if k >= p/2 {
				old.Add(u, v)
			}
			if k < p/2 || k >= p {
				now.Add(u, v)
			}
		}
	}
	return build(t, &old, g.Pages()), build(t, &now, g.Pages())
}

// rewired returns g, and g with one link in two hundred gone and as many new ones that
// lead anywhere, which a web has none of.
func rewired(t *testing.T, g *csr.Graph) (before, after *csr.Graph) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 101))
	var now csr.Builder
	for u := range uint32(g.Pages()) {
		for _, v := range g.Row(u) {
			if rng.IntN(200) > 0 {
				now.Add(u, v)
			}
			if rng.IntN(200) == 0 {
				now.Add(u, rng.Uint32N(uint32(g.Pages())))
			}
		}
	}
	return g, build(t, &now, g.Pages())
}

func build(t *testing.T, b *csr.Builder, pages int) *csr.Graph {
	t.Helper()
	g, err := b.Build(pages)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestWarmStart prints, and bounds, what share of the links of a cold start one from the
// last ranks follows after one link in a hundred changed: anywhere; in a tenth of the links
// of every tenth page, as a crawler sees it; in one host of 25; and anywhere, new ones led
// anywhere. FRESHRANK_WEB, a number of pages, adds a web of ten times as many links, and
// FRESHRANK_GRAPH a graph in a file.
func TestWarmStart(t *testing.T) {
	graphs := map[string]*csr.Graph{"web 100k:1M": pageranktest.NewWeb(1, 100_000, 1_000_000).Graph()}
	if size := os.Getenv("FRESHRANK_WEB"); size != "" {
		pages, err := strconv.Atoi(size)
		if err != nil {
			t.Fatal(err)
		}
		graphs["web "+size] = pageranktest.NewWeb(1, pages, 10*pages).Graph()
	}
	if name := os.Getenv("FRESHRANK_GRAPH"); name != "" {
		graphs[name] = readEdges(t, name)
	}
	for name, g := range graphs {
		rng := rand.New(rand.NewPCG(1, 102))
		crawled, hosts := make([]float64, g.Pages()), make([]float64, 400)
		for u := range crawled {
			if rng.IntN(10) == 0 {
				crawled[u] = 0.1
			}
		}
		for _, h := range rng.Perm(len(hosts))[:len(hosts)/25] {
			hosts[h] = 0.25
		}
		for what, change := range map[string]func() (before, after *csr.Graph){
			"anywhere": func() (_, _ *csr.Graph) { return changed(t, g, func(uint32) float64 { return 0.01 }) },
			"crawled":  func() (_, _ *csr.Graph) { return changed(t, g, func(u uint32) float64 { return crawled[u] }) },
			"hosts": func() (_, _ *csr.Graph) {
				return changed(t, g, func(u uint32) float64 { return hosts[int(u)*len(hosts)/g.Pages()] })
			},
			"rewired": func() (_, _ *csr.Graph) { return rewired(t, g) },
		} {
			before, after := change()
			last := rank(t, pagerank.Problem{Out: before}, pagerank.Options{})
			s, err := pagerank.NewSolver(pagerank.Problem{Out: after})
			if err != nil {
				t.Fatal(err)
			}
			timed := func(o pagerank.Options) (*pagerank.Result, time.Duration) {
				begin := time.Now()
				r, err := s.Rank(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				return r, time.Since(begin)
			}
			cold, coldTime := timed(pagerank.Options{})
			warm, warmTime := timed(pagerank.Options{Start: last.X})
			links, ratio := float64(after.Links()), float64(warm.Followed)/float64(cold.Followed)
			t.Logf("%s, %s: %.1f sweeps cold, %.1f warm: ratio %.2f; of the time %.2f",
				name, what, float64(cold.Followed)/links, float64(warm.Followed)/links, ratio, warmTime.Seconds()/coldTime.Seconds())
			if !warm.Converged || ratio > 0.9 {
				t.Errorf("%s, %s: warm start converged %v, with %.2f of the links of a cold one", name, what, warm.Converged, ratio)
			}
		}
	}
}

// TestUnconvergedFromAStart holds that a run keeps to the sweeps allowed from a start as
// well, and that the certificate is true of what it got to.
func TestUnconvergedFromAStart(t *testing.T) {
	p := pagerank.Problem{Out: pageranktest.NewWeb(4, 2000, 20_000).Graph()}
	start := make([]float64, p.Out.Pages())
	for most := 1; most < 8; most++ {
		r := rank(t, p, pagerank.Options{Start: start, Tolerance: 1e-12, MaxSweeps: most})
		if r.Converged || r.Sweeps > most {
			t.Errorf("converged %v after %d sweeps: want false after %d at most", r.Converged, r.Sweeps, most)
		}
		if _, err := pageranktest.Verify(p, r); err != nil {
			t.Errorf("after %d sweeps: %v", most, err)
		}
	}
}
