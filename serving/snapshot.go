package serving

import (
	"fmt"
	"math"
	"slices"
	"time"

	"freshrank/pagerank"
)

// Pair names what an answer was made from. Two answers with the same Pair come
// from the same rows.
type Pair struct {
	Generation int64 // the generation the ranks are built on
	View       int64 // the speed view over it; 0 for none
	Sequence   int64 // publishes of that view so far
}

// String returns a text that is another one for every other pair.
func (p Pair) String() string { return fmt.Sprintf("g%d.v%d.s%d", p.Generation, p.View, p.Sequence) }

// Snapshot is the state of the pair at the moment an answer was read: together
// with the stored x of a page it gives all the numbers of an answer.
type Snapshot struct {
	Pair
	AsOf        time.Time     // all events up to here are included
	Lag         time.Duration // AsOf to the moment of reading, ≥ 0
	Certificate pagerank.Certificate
	XMax        float64   // greatest served x
	Quantiles   []float64 // served x of the generation at 0, 1/1000, … 1 of its pages; shared, not to be written to
}

// Numbers is what a served x means.
type Numbers struct {
	Rank       float64 // π = x / Σx
	X          float64
	Score      float64 // 0 … 10, logarithmic: a page with no in-links has 0, the greatest x has 10
	Percentile float64 // percent of the generation's pages with a smaller x
	Low, High  float64 // the true π lies between
	Base       float64 // the batch layer's part of Rank: its x over today's Σx
	Delta      float64 // the speed layer's part: Rank − Base
}

// Numbers derives an answer from a page's served x and from what the generation
// alone says of it, 0 if that has no rank for the page. Both are divided by the
// same sum, so that Base + Delta = Rank and Delta is what the speed layer
// changed about this page, not about all the others.
func (s *Snapshot) Numbers(x, base float64) Numbers {
	n := Numbers{X: x, Score: s.score(x), Percentile: s.percentile(x)}
	n.Rank, n.Base = s.share(x), s.share(base)
	n.Delta = n.Rank - n.Base
	n.Low, n.High = s.Certificate.RankBounds(x, 1)
	return n
}

// share returns π of pages whose served values add up to x.
func (s *Snapshot) share(x float64) float64 {
	sum := s.Certificate.ServedSum()
	if !(sum > 0) {
		return 0
	}
	return x / sum
}

// score is 10·ln(x/(1−α)) / ln(x_max/(1−α)): 1−α is the x of a page that
// nothing links to. A served x may lie a rounding outside of the two.
func (s *Snapshot) score(x float64) float64 {
	least := 1 - s.Certificate.Damping
	span := math.Log(s.XMax / least)
	if !(span > 0) {
		return 0
	}
	return min(max(10*math.Log(x/least)/span, 0), 10)
}

// percentile finds x among the quantiles and interpolates between two.
func (s *Snapshot) percentile(x float64) float64 {
	q := s.Quantiles
	if len(q) < 2 {
		return 0
	}
	i, exact := slices.BinarySearch(q, x)
	steps := float64(len(q) - 1)
	switch {
	case i == 0:
		return 0
	case i == len(q):
		return 100
	case exact:
		return 100 * float64(i) / steps
	}
	return 100 * (float64(i-1) + (x-q[i-1])/(q[i]-q[i-1])) / steps
}

// Sum is the aggregate of a host's or a domain's pages.
type Sum struct {
	Pages  int64   // with a rank
	X      float64 // Σ served x
	BaseX  float64 // Σ of the generation's x
	Domain string  // the registered domain; "" if nothing is known
}

// SumNumbers is what the sum of some pages' x means.
type SumNumbers struct{ Rank, X, Low, High, Base, Delta float64 }

// SumNumbers derives the aggregate's rank and the interval that holds its true
// value.
func (s *Snapshot) SumNumbers(a Sum) SumNumbers {
	n := SumNumbers{X: a.X, Rank: s.share(a.X), Base: s.share(a.BaseX)}
	n.Delta = n.Rank - n.Base
	n.Low, n.High = s.Certificate.RankBounds(a.X, int(a.Pages))
	return n
}
