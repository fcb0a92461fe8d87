package pagerank

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"freshrank/pagerank/csr"
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

// TestGlide holds that gliding costs at most one sweep more than sweeping over y, that both
// end at the same ranks, and that they do not depend on the number of workers.
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
		if off := apart(fast.X, slow.X); off > 2*tolerance*fast.Certificate.Sum {
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

// TestGlideFromAStart holds that gliding gets from ranks that are about right to right ones,
// in fewer sweeps than from nothing.
func TestGlideFromAStart(t *testing.T) {
	s := gliding(t)
	cold, err := s.Rank(t.Context(), Options{Tolerance: 1e-10})
	if err != nil {
		t.Fatal(err)
	}
	start := slices.Clone(cold.X)
	for v := range start {
		start[v] *= 1 + 1e-4*float64(v%3-1)
	}
	warm, err := s.Rank(t.Context(), Options{Tolerance: 1e-10, Start: start})
	if err != nil {
		t.Fatal(err)
	}
	if !warm.Converged || warm.Sweeps >= cold.Sweeps {
		t.Errorf("%d sweeps from a start, converged %v, %d from nothing", warm.Sweeps, warm.Converged, cold.Sweeps)
	}
	if off := apart(cold.X, warm.X); off > 2e-10*cold.Certificate.Sum {
		t.Errorf("off by %g in all", off)
	}
}

// TestGlideIsCutOff holds that where sweeps run out y has what the last one found, gliding
// or not, and that the certificate is true.
func TestGlideIsCutOff(t *testing.T) {
	s := gliding(t)
	exact, err := s.Rank(t.Context(), Options{Tolerance: 1e-13})
	if err != nil {
		t.Fatal(err)
	}
	glided := 0
	for most := 1; most <= 8; most++ {
		cut, err := s.Rank(t.Context(), Options{Tolerance: 1e-12, MaxSweeps: most})
		if err != nil {
			t.Fatal(err)
		}
		if off := apart(cut.X, exact.X) / exact.Certificate.Sum; cut.Converged || cut.Sweeps > most || off > 2*cut.Certificate.L1() {
			t.Errorf("%d sweeps of %d, converged %v: off by %g, certified %g", cut.Sweeps, most, cut.Converged, off, cut.Certificate.L1())
		}
		o, err := Options{}.prepare(s.p)
		if err != nil {
			t.Fatal(err)
		}
		r, b := s.newRun(t.Context(), o), s.largest()
		r.spread(1)
		r.pullOuter(b.lo, b.hi)
		h, last := r.history(b), 0.0
		solve := func(sweeps int) {
			h.solve(r, b, 0, uint64(sweeps*b.links), func(_ uint64, residual float64) { last = residual })
		}
		solve(most)
		before := last
		if h.glided {
			glided++
		}
		if solve(1); last > .9*before {
			t.Errorf("the residual after sweep %d, gliding: %v, is %g, and after one more %g", most, h.glided, before, last)
		}
	}
	if glided < 4 {
		t.Errorf("%d of 8 sweeps glided", glided)
	}
}

func apart(a, b []float64) (l1 float64) {
	for v := range a {
		l1 += math.Abs(a[v] - b[v])
	}
	return l1
}

// TestGlideAddsUpHubs holds that a row of any length is added up to about what one of many
// links is: float32 alone loses a thousandth of 600,000 equal terms.
func TestGlideAddsUpHubs(t *testing.T) {
	for _, links := range []int{1, 5, long, long + 1, 3*long + 2, 600_000} {
		g := &csr.Graph{Start: []uint64{0, uint64(links)}, Target: make([]uint32, links)}
		r := &run{Solver: &Solver{in: g, own: []uint64{0}}, e: make([]float32, links+1), w4: []float32{1}}
		want := 0.0
		for i := range links {
			g.Target[i], r.e[i+1] = uint32(i+1), 0.1+float32(i%7)/100
			want += float64(r.e[i+1])
		}
		if got := r.glide(0, 1); math.Abs(got/want-1) > 1e-5 {
			t.Errorf("%d links add up to %v, want %v", links, got, want)
		}
	}
}

// TestGlideWithAHub holds that gliding costs no more sweeps where half a million pages lead
// to one.
func TestGlideWithAHub(t *testing.T) {
	const pages = 500_001
	rng := rand.New(rand.NewPCG(8, 9))
	out := &csr.Graph{Start: make([]uint64, 1, pages+1), Target: []uint32{1, 2, 3}}
	for u := range uint32(pages) {
		if u > 0 {
			other := 1 + rng.Uint32N(pages-2)
			out.Target = append(out.Target, 0, other, other+1)
		}
		out.Start = append(out.Start, uint64(len(out.Target)))
	}
	s, err := NewSolver(Problem{Out: out})
	if err != nil {
		t.Fatal(err)
	}
	var results [2]*Result
	for i := range results {
		s.largest().glides = i == 1
		if results[i], err = s.Rank(t.Context(), Options{Tolerance: 1e-9}); err != nil {
			t.Fatal(err)
		}
	}
	slow, fast := results[0], results[1]
	t.Logf("%d and %d sweeps", fast.Sweeps, slow.Sweeps)
	if off := apart(fast.X, slow.X); !fast.Converged || fast.Sweeps > slow.Sweeps+1 || off > 2e-9*slow.Certificate.Sum {
		t.Errorf("%d sweeps, converged %v, by sweeping over y alone %d; off by %g in all", fast.Sweeps, fast.Converged, slow.Sweeps, off)
	}
}
