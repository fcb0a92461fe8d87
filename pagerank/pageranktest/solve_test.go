package pageranktest

import (
	"math"
	"testing"

	"freshrank/pagerank"
)

func TestSolveHandGraphs(t *testing.T) {
	for _, h := range Hand() {
		for _, a := range []float64{0.5, 0.85, 0.99} {
			p := h.Problem()
			x := Solve(p.Out, p.Member, a)
			for u, want := range h.X(a) {
				if math.Abs(x[u]-want) > 1e-11 {
					t.Errorf("%s, damping %v: x of page %d = %v, want %v", h.Name, a, u, x[u], want)
				}
			}
		}
	}
}

// TestVerifyFindsFaults spoils a good result in every way that Verify looks for.
func TestVerifyFindsFaults(t *testing.T) {
	h := Hand()[len(Hand())-1] // the one with a page that is no member
	for name, spoil := range map[string]func(*pagerank.Result){
		"a value":             func(r *pagerank.Result) { r.X[0] += 1e-6 },
		"a residual":          func(r *pagerank.Result) { r.Residual[2] -= 1e-6 },
		"a page too much":     func(r *pagerank.Result) { r.X[1] = 0.15 },
		"a page less":         func(r *pagerank.Result) { r.X = r.X[:2] },
		"the number of pages": func(r *pagerank.Result) { r.Certificate.Pages++ },
		"mass moved":          func(r *pagerank.Result) { r.X[0] += 1e-3; r.Residual[2] -= 0.15e-3 },
	} {
		r, err := pagerank.Rank(t.Context(), h.Problem(), pagerank.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(h.Problem(), r); err != nil {
			t.Fatal(err)
		}
		spoil(r)
		if _, err := Verify(h.Problem(), r); err == nil {
			t.Errorf("%s: not found", name)
		}
	}
}

func TestCheckSum(t *testing.T) {
	if err := CheckSum([]float64{0.25, 0.75}); err != nil {
		t.Error(err)
	}
	for _, ranks := range [][]float64{{0.5}, {0.6, 0.6}, {-0.5, 1.5}, {math.NaN()}, nil} {
		if CheckSum(ranks) == nil {
			t.Errorf("ranks %v pass", ranks)
		}
	}
}
