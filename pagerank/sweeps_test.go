package pagerank_test

import (
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"freshrank/pagerank"
	"freshrank/pagerank/csr"
	"freshrank/pagerank/pageranktest"
)

// rmat returns a graph of 2^scale pages by the recursive rule of Graph500, numbered
// at random; with both set, each link goes both ways, as in the GAP benchmark's kron.
func rmat(t *testing.T, scale, degree int, both bool) *csr.Graph {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	name := rng.Perm(1 << scale)
	b := csr.Builder{Dedupe: true}
	for range degree << scale {
		u, v := 0, 0
		for range scale {
			u, v = u<<1, v<<1
			switch q := rng.Float64(); {
			case q < 0.57:
			case q < 0.76:
				v |= 1
			case q < 0.95:
				u |= 1
			default:
				u, v = u|1, v|1
			}
		}
		if u != v {
			b.Add(uint32(name[u]), uint32(name[v]))
			if both {
				b.Add(uint32(name[v]), uint32(name[u]))
			}
		}
	}
	g, err := b.Build(1 << scale)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// plainSweeps is how many sweeps of Jacobi's iteration from x = 1 the same certified
// tolerance takes.
func plainSweeps(g *csr.Graph, tolerance float64) int {
	n, in := g.Pages(), g.Transpose()
	x, y, next := make([]float64, n), make([]float64, n), make([]float64, n)
	for v := range x {
		x[v] = 1
	}
	for sweep := 1; ; sweep++ {
		for v := range x {
			y[v] = 0.85 * x[v] / float64(max(g.Degree(uint32(v)), 1))
		}
		change, sum := 0.0, 0.0
		for v := range x {
			next[v] = 0.15
			for _, u := range in.Row(uint32(v)) {
				next[v] += y[u]
			}
			change += math.Abs(next[v] - x[v])
			sum += x[v]
		}
		if 2*0.85/0.15*change/sum <= tolerance {
			return sweep
		}
		x, next = next, x
	}
}

// TestSweeps prints, and bounds, how many sweeps over all links are followed to a
// certified 1e−9, beside those of the plain iteration. FRESHRANK_GRAPH adds a graph in
// a file, as lines of two page numbers; it may be compressed.
func TestSweeps(t *testing.T) {
	type entry struct {
		name  string
		graph *csr.Graph
		most  float64 // of the plain iteration's
	}
	graphs := []entry{
		{"web 100k:1M", pageranktest.NewWeb(1, 100_000, 1_000_000).Graph(), 0.3},
		{"directed R-MAT 16:16", rmat(t, 16, 16, false), 0.15},
		{"kron 15:16", rmat(t, 15, 16, true), 0.6},
	}
	if name := os.Getenv("FRESHRANK_GRAPH"); name != "" {
		graphs = append(graphs, entry{name, readEdges(t, name), 0.25})
	}
	for _, e := range graphs {
		r := rank(t, pagerank.Problem{Out: e.graph}, pagerank.Options{})
		ours := float64(r.Followed) / float64(e.graph.Links())
		plain := plainSweeps(e.graph, 1e-9)
		t.Logf("%-22s %5.1f sweeps, plain %d: ratio %.2f", e.name, ours, plain, ours/float64(plain))
		if !r.Converged || ours > e.most*float64(plain) || ours > 25 {
			t.Errorf("%s: converged %v in %.1f sweeps, plain %d", e.name, r.Converged, ours, plain)
		}
	}
}
