package pagerank_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"freshrank/pagerank"
	"freshrank/pagerank/pageranktest"
)

// noisy returns x disturbed in one of several ways, mild to absurd, never negative.
func noisy(rng *rand.Rand, p pagerank.Problem, x []float64) []float64 {
	size := math.Pow(10, -12+13*rng.Float64())
	kind := rng.IntN(6)
	y := make([]float64, len(x))
	for u := range x {
		if p.Member != nil && !p.Member[u] {
			continue
		}
		switch kind {
		case 0: // relative to each page
			y[u] = x[u] * (1 + size*rng.NormFloat64())
		case 1: // absolute
			y[u] = x[u] + size*rng.NormFloat64()
		case 2: // a few pages only
			if y[u] = x[u]; rng.IntN(10) == 0 {
				y[u] += size * rng.NormFloat64()
			}
		case 3: // too much everywhere
			y[u] = x[u] * (1 + size)
		case 4: // too little everywhere
			y[u] = x[u] / (1 + size)
		case 5: // nothing to do with x
			y[u] = rng.ExpFloat64()
		}
		y[u] = max(y[u], 0)
	}
	return y
}

// TestBoundsHold checks every bound of the certificate of vectors that are off, by
// little and by much, against the solution by push. "Worst" are the greatest ratios
// of error to bound: more than 1 would be a broken bound, next to 0 a useless one.
func TestBoundsHold(t *testing.T) {
	rng := rand.New(rand.NewPCG(17, 5))
	worst := map[string]float64{}
	for try := range 3000 {
		p := randomProblem(rng)
		damping := 0.5 + 0.45*rng.Float64()
		x := pageranktest.Solve(p.Out, p.Member, damping)
		r, err := pagerank.Certify(t.Context(), p, noisy(rng, p, x), pagerank.Options{Damping: damping})
		if err != nil {
			t.Fatal(err)
		}
		c := r.Certificate
		if c.Drift() > 1e-12*(1+c.Sum) {
			t.Fatalf("try %d: conservation law is off by %v", try, c.Drift())
		}
		if try%2 == 1 {
			c.Slack = 0.5 * rng.Float64() * rng.Float64()
		}
		served := make([]float64, len(x))
		var sum, servedSum float64
		for u := range x {
			// At the very edge of the slack: |x̃−y| = δ·y.
			served[u] = (r.X[u] + r.Residual[u]) / (1 + c.Slack*float64(1-2*rng.IntN(2)))
			sum += x[u]
			servedSum += served[u]
		}
		// The reference's own error, so that exact vectors pass.
		const own = 1e-11
		inside := func(what string, value, lo, hi float64) {
			if value < lo*(1-own) || value > hi*(1+own) {
				t.Fatalf("try %d, %+v: %s %v is outside of [%v, %v]", try, c, what, value, lo, hi)
			}
		}
		below := func(what string, value, bound float64) {
			if value > bound*(1+own)+own {
				t.Fatalf("try %d, %+v: %s is %v, above its bound %v", try, c, what, value, bound)
			}
			if bound > 1e-6 {
				worst[what] = max(worst[what], value/bound)
			}
		}
		lo, hi := c.SumBounds()
		inside("sum", sum, lo, hi)
		inside("served sum", c.ServedSum(), lo, hi)

		var l1 float64
		for u := range x {
			if p.Member != nil && !p.Member[u] {
				continue
			}
			lo, hi := c.XBounds(served[u], 1)
			inside("x", x[u], lo, hi)
			if hi > lo {
				worst["interval"] = max(worst["interval"], (x[u]-lo)/(hi-lo))
			}
			rankLo, rankHi := c.RankBounds(served[u], 1)
			inside("rank", x[u]/sum, rankLo, rankHi)
			below("relative error", math.Abs(x[u]-r.X[u])/x[u], c.Epsilon())
			if x[u] > (1-damping)*(1+1e-6) {
				below("served error", math.Abs(x[u]-r.X[u]-r.Residual[u])/(x[u]-(1-damping)), c.Epsilon())
			}
			l1 += math.Abs(x[u]/sum - served[u]/c.ServedSum())
		}
		below("L1", l1, c.L1())

		// A host: any set of pages together.
		var y, part, pages = 0.0, 0.0, 0
		for u := range x {
			if (p.Member == nil || p.Member[u]) && rng.IntN(2) == 0 {
				y, part, pages = y+served[u], part+x[u], pages+1
			}
		}
		if pages > 0 {
			lo, hi := c.XBounds(y, pages)
			inside("sum over some pages", part, lo, hi)
			lo, hi = c.RankBounds(y, pages)
			inside("rank of some pages", part/sum, lo, hi)
		}
	}
	for what, ratio := range worst {
		t.Logf("%s: worst error/bound %.3f", what, ratio)
	}
	for what, least := range map[string]float64{"relative error": 0.9, "served error": 0.8, "L1": 0.2} {
		if worst[what] < least {
			t.Errorf("%s never comes closer to its bound than %v: the test is too tame", what, worst[what])
		}
	}
}

// TestServedRankLiesInItsInterval holds with no slack for x̂ however far off.
func TestServedRankLiesInItsInterval(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 5))
	for range 300 {
		p := randomProblem(rng)
		x := pageranktest.Solve(p.Out, p.Member, 0.85)
		r, err := pagerank.Certify(t.Context(), p, noisy(rng, p, x), pagerank.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for u := range x {
			if p.Member != nil && !p.Member[u] {
				continue
			}
			y := r.X[u] + r.Residual[u]
			lo, hi := r.Certificate.RankBounds(y, 1)
			if rank := y / r.Certificate.ServedSum(); rank < lo || min(rank, 1) > hi {
				t.Fatalf("page %d: served rank %v lies outside of its interval [%v, %v]", u, rank, lo, hi)
			}
		}
	}
}

// TestFarOff holds that L1 stays true where it matters least and is easiest to get
// wrong: on a cycle of N pages x = 1. For x̂ = 10, r = 0.15 + 8.5 − 10 = −1.35 and
// x̃ = 8.65; Σx can be no more than N, so ranks are served as 8.65/N, off by 7.65/N.
func TestFarOff(t *testing.T) {
	h := pageranktest.Hand()[4]
	r, err := pagerank.Certify(t.Context(), h.Problem(), []float64{10, 10, 10, 10}, pagerank.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := r.Certificate
	if got := (r.X[0] + r.Residual[0]) / c.ServedSum(); math.Abs(got-8.65/4) > 1e-9 {
		t.Fatalf("served rank is %v, want 8.65/4", got)
	}
	if c.L1() < 7.65 {
		t.Errorf("L1 bound is %v: the error is 7.65", c.L1())
	}
}

// TestSumsInAnyOrder holds that the interval of a large host takes in what adding up
// its pages one by one loses: 0.3 a million times is 299999.99999434233.
func TestSumsInAnyOrder(t *testing.T) {
	const pages = 1_000_000
	c := pagerank.Certificate{Damping: 0.85, Pages: pages, Sum: 0.3 * pages}
	var y float64
	for range pages {
		y += 0.3
	}
	if lo, hi := c.XBounds(y, pages); c.Sum < lo || c.Sum > hi || hi-lo > 1e-9*y {
		t.Errorf("sum %v is outside of [%v, %v], or the interval is too wide", c.Sum, lo, hi)
	}
}

// TestDriftIsAnAlarm loses one update of one page.
func TestDriftIsAnAlarm(t *testing.T) {
	p := pagerank.Problem{Out: pageranktest.NewWeb(1, 1000, 10_000).Graph()}
	r := rank(t, p, pagerank.Options{})
	c := r.Certificate
	if c.Drift() > 1e-13 {
		t.Errorf("conservation law is off by %v", c.Drift())
	}
	// A push of 0.001 whose value arrived, and whose residual was not taken away.
	c.Sum += 0.001
	if got := c.Drift(); got < 1e-8 {
		t.Errorf("drift after a lost update is only %v", got)
	}
	if err := pageranktest.CheckConservation(p, r, 0.85); err != nil {
		t.Error(err)
	}
	r.X[17] += 0.001
	if err := pageranktest.CheckConservation(p, r, 0.85); err == nil {
		t.Error("a changed value goes unnoticed")
	}
	if _, err := pageranktest.Verify(p, r); err == nil {
		t.Error("a changed value is verified")
	}
}

func TestZeroCertificate(t *testing.T) {
	var c pagerank.Certificate
	if (pagerank.Certificate{Sum: -1}).Drift() != 1 {
		t.Error("a sum that is left when all pages are gone raises no alarm")
	}
	if c.L1() != 0 || c.Drift() != 0 || c.Epsilon() != 0 {
		t.Errorf("certificate of no pages: L1 %v, drift %v, ε %v", c.L1(), c.Drift(), c.Epsilon())
	}
	if lo, hi := c.RankBounds(0, 1); lo != 0 || hi != 1 {
		t.Errorf("certificate of no pages bounds a rank to [%v, %v]", lo, hi)
	}
}
