package serving_test

import (
	"math"
	"testing"

	"freshrank/pagerank"
	"freshrank/serving"
)

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-12*max(math.Abs(a), math.Abs(b), 1) }

// The graph 0→1, 1→0, 2→0 at α = 0.85, by hand: x₂ = 0.15, x₁ = 0.15+0.85·x₀,
// x₀ = 0.15+0.85(x₁+x₂), so x₀ = (0.15+0.85·0.15·2)/(1−0.85²) = 0.405/0.2775 and
// Σx = 3, as no page is without links.
const (
	x0 = 0.405 / 0.2775
	x1 = 0.15 + 0.85*x0
	x2 = 0.15
)

func exact() *serving.Snapshot {
	return &serving.Snapshot{
		Certificate: pagerank.Certificate{Damping: 0.85, Pages: 3, Sum: x0 + x1 + x2},
		XMax:        x0, Quantiles: []float64{x2, x2, x1, x1, x0},
	}
}

func TestNumbers(t *testing.T) {
	s := exact()
	if sum := x0 + x1 + x2; !near(sum, 3) {
		t.Fatalf("the arithmetic above is wrong: Σx = %v", sum)
	}
	total := 0.0
	for _, x := range []float64{x0, x1, x2} {
		n := s.Numbers(x, x)
		total += n.Rank
		if !near(n.Rank, x/3) || n.X != x || n.Base != n.Rank || n.Delta != 0 {
			t.Errorf("x %v: %+v", x, n)
		}
		if !(n.Low <= n.Rank && n.Rank <= n.High) || n.High-n.Low > 1e-9 {
			t.Errorf("x %v: an exact rank %v has the interval [%v, %v]", x, n.Rank, n.Low, n.High)
		}
	}
	if !near(total, 1) {
		t.Errorf("the ranks add up to %v", total)
	}
	// 10·ln(x₁/0.15)/ln(x₀/0.15)
	for x, want := range map[float64]float64{x2: 0, x0: 10, x1: 10 * math.Log(x1/0.15) / math.Log(x0/0.15), 2 * x0: 10, 0.1: 0} {
		if got := s.Numbers(x, x).Score; !near(got, want) {
			t.Errorf("score of x %v: %v, want %v", x, got, want)
		}
	}
	if n := s.Numbers(x0, 0.5); !near(n.Base, 0.5/3) || !near(n.Base+n.Delta, n.Rank) {
		t.Errorf("base 0.5: %+v", n)
	}
}

func TestPercentile(t *testing.T) {
	s := exact()
	s.Quantiles = []float64{1, 1, 1, 2, 4}
	for x, want := range map[float64]float64{0.5: 0, 1: 0, 1.5: 62.5, 2: 75, 3: 87.5, 4: 100, 5: 100} {
		if got := s.Numbers(x, 0).Percentile; got != want {
			t.Errorf("percentile of %v: %v, want %v", x, got, want)
		}
	}
	s.Quantiles = nil
	if got := s.Numbers(1, 0).Percentile; got != 0 {
		t.Errorf("without quantiles: %v", got)
	}
}

// TestIntervals: a residual widens the interval, and a sum's interval is that of
// its pages together.
func TestIntervals(t *testing.T) {
	s := exact()
	c := &s.Certificate
	c.Plus, c.Minus, c.EpsilonPlus, c.EpsilonMinus, c.Slack = 0.003, 0.003, 0.02, 0.02, 0.001
	n := s.Numbers(x1, x1)
	if !(n.Low < n.Rank && n.Rank < n.High) {
		t.Errorf("[%v, %v] around %v", n.Low, n.High, n.Rank)
	}
	m := s.SumNumbers(serving.Sum{Pages: 2, X: x1 + x2, BaseX: x1})
	low, high := c.RankBounds(x1+x2, 2)
	if m.Low != low || m.High != high || !near(m.Rank, (x1+x2)/c.ServedSum()) || !near(m.Base+m.Delta, m.Rank) || !(m.Low < m.Rank && m.Rank < m.High) {
		t.Errorf("%+v", m)
	}
}

// TestEmpty: a snapshot of nothing divides by nothing.
func TestEmpty(t *testing.T) {
	n := (&serving.Snapshot{Certificate: pagerank.Certificate{Damping: 0.85}}).Numbers(0.15, 0)
	for _, v := range []float64{n.Rank, n.Score, n.Percentile, n.Low, n.High, n.Base, n.Delta} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("%+v", n)
		}
	}
}
