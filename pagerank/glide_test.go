package pagerank

import (
	"math"
	"slices"
	"testing"
)

// gliding returns a solver of a graph whose giant component glides.
func gliding(t *testing.T) *Solver {
	t.Helper()
	s, err := NewSolver(Problem{Out: random(t, 8000, 48)})
	if err != nil {
		t.Fatal(err)
	}
	if b := s.largest(); !b.glides {
		t.Fatalf("%d links of %d pages do not glide", b.links, b.hi-b.lo)
	}
	return s
}

// TestGlide holds that gliding costs no more sweeps than sweeping over y, that both end
// at the same ranks, and that they do not depend on the number of workers.
func TestGlide(t *testing.T) {
	s := gliding(t)
	for _, tolerance := range []float64{1e-5, 1e-9, 1e-12} {
		fast, err := s.Rank(t.Context(), Options{Tolerance: tolerance})
		if err != nil {
			t.Fatal(err)
		}
		for workers := 1; workers <= 3; workers++ {
			again, err := s.Rank(t.Context(), Options{Tolerance: tolerance, Workers: workers})
			if err != nil || !slices.Equal(again.X, fast.X) || !slices.Equal(again.Residual, fast.Residual) {
				t.Fatalf("tolerance %g: %d workers find something else (%v)", tolerance, workers, err)
			}
		}
		s.largest().glides = false
		slow, err := s.Rank(t.Context(), Options{Tolerance: tolerance})
		s.largest().glides = true
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("tolerance %g: %d and %d sweeps, certified %.2g and %.2g", tolerance, fast.Sweeps, slow.Sweeps, fast.Certificate.L1(), slow.Certificate.L1())
		if !fast.Converged || fast.Sweeps > slow.Sweeps+1 {
			t.Errorf("tolerance %g: %d sweeps, converged %v, by sweeping over y alone %d", tolerance, fast.Sweeps, fast.Converged, slow.Sweeps)
		}
		off := 0.0
		for v := range fast.X {
			off += math.Abs(fast.X[v] - slow.X[v])
		}
		if off > 2*tolerance*fast.Certificate.Sum {
			t.Errorf("tolerance %g: off by %g in all", tolerance, off)
		}
	}
}

// TestGlideKnowsF holds that what gliding takes for the change of y is what a sweep over
// y then finds: reported residuals never jump.
func TestGlideKnowsF(t *testing.T) {
	s := gliding(t)
	o, err := Options{}.prepare(s.p)
	if err != nil {
		t.Fatal(err)
	}
	r, b := s.newRun(t.Context(), o), s.largest()
	r.certify()
	r.spread(1)
	r.pullOuter(b.lo, b.hi)
	h := r.history(b)
	var glided []float64
	h.solve(r, b, 1e-9, 1<<40, func(_ uint64, residual float64) { glided = append(glided, residual) })
	t.Logf("residuals %.2g", glided)
	for i := 1; i < len(glided); i++ {
		if glided[i] > 2*glided[i-1] {
			t.Errorf("the residual after sweep %d is %g, before %g", i, glided[i], glided[i-1])
		}
	}
}
