package pagerank

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestGuard holds that acceleration which leads away from the solution is noticed and
// survived: in the middle of solving, the differences it works with are spoilt.
func TestGuard(t *testing.T) {
	s, err := NewSolver(Problem{Out: random(t, 3000, 4)})
	if err != nil {
		t.Fatal(err)
	}
	o, err := Options{}.prepare(s.p)
	if err != nil {
		t.Fatal(err)
	}
	r, b := s.newRun(t.Context(), o), s.largest()
	r.certify()
	r.spread(1)
	r.pullOuter(b.lo, b.hi)
	h := r.history(b)
	const target = 1e-9
	sweeps, worst, last := 0, 0.0, 0.0
	h.solve(r, b, target, 1<<40, func(_ uint64, residual float64) {
		sweeps, last = sweeps+1, residual
		if sweeps > 6 {
			worst = max(worst, residual)
		}
		if sweeps == 6 {
			for _, dg := range h.dg {
				for i := range dg {
					dg[i] = float32(1000 * (i%3 - 1))
				}
			}
		}
	})
	t.Logf("%d sweeps, residual as large as %.2g after the damage, %.2g at the end", sweeps, worst, last)
	if last > target || worst < 1 || sweeps > 100 {
		t.Errorf("residual %v after %d sweeps, %v in between", last, sweeps, worst)
	}
}

// TestWildStarts holds that the certificate is met from anywhere, slow as it may be.
func TestWildStarts(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	g := random(t, 3000, 4)
	s, err := NewSolver(Problem{Out: g})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		start := make([]float64, g.Pages())
		for u := range start {
			start[u] = math.Pow(10, 12*rng.Float64()-6)
		}
		r, err := s.Rank(t.Context(), Options{Start: start, Damping: 0.99, Tolerance: 1e-11})
		if err != nil || !r.Converged {
			t.Fatalf("result %+v, error %v", r.Certificate, err)
		}
	}
}

// TestLeastSquares solves a system by hand, and one with a useless direction.
func TestLeastSquares(t *testing.T) {
	var gram [depth][depth]float64
	gram[0][0], gram[0][1], gram[1][0], gram[1][1] = 2, 1, 1, 3
	if got := leastSquares(gram, [depth]float64{5, 10}, 2); math.Abs(got[0]-1) > 1e-15 || math.Abs(got[1]-3) > 1e-15 {
		t.Errorf("γ = %v, want 1, 3", got)
	}
	gram[1] = [depth]float64{2, 2}
	gram[0] = [depth]float64{2, 2}
	if got := leastSquares(gram, [depth]float64{4, 4}, 2); got != [depth]float64{2} {
		t.Errorf("γ of twice the same direction = %v, want 2, 0", got)
	}
	if got := leastSquares([depth][depth]float64{}, [depth]float64{1, 1}, 2); got != [depth]float64{} {
		t.Errorf("γ of no direction = %v", got)
	}
}
