package incremental

import (
	"math"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
)

// account keeps what the certificate needs, so that taking one costs no scan:
// running sums, and for the greatest residual of either sign a count of pages by
// size class of their residual.
type account struct {
	pages, links        int64
	sum, dangling       total // Σ x̂, and of it the members without links
	plus, minus         total // Σ max(±r, 0)
	plusSize, minusSize sizes
}

// enterSums counts the member p, with its x̂ and r as they are.
func (e *Engine) enterSums(p link.Page) { e.count(p, +1) }

// leaveSums is the reverse of enterSums.
func (e *Engine) leaveSums(p link.Page) { e.count(p, -1) }

func (e *Engine) count(p link.Page, sign int) {
	x := float64(sign) * e.x[p]
	e.pages += int64(sign)
	e.sum.add(x)
	if len(e.row(p)) == 0 {
		e.dangling.add(x)
	}
	e.tally(e.r[p], sign)
}

// tally counts (+1) or takes back (−1) a residual r.
func (a *account) tally(r float64, sign int) {
	switch {
	case r > 0:
		a.plus.add(float64(sign) * r)
		a.plusSize.add(r, sign)
	case r < 0:
		a.minus.add(float64(sign) * -r)
		a.minusSize.add(-r, sign)
	}
}

// bump adds δ to the residual of the member p.
func (e *Engine) bump(p link.Page, delta float64) {
	if delta == 0 {
		return
	}
	e.tally(e.r[p], -1)
	e.r[p] += delta
	e.tally(e.r[p], +1)
	e.dirty(p)
	e.enqueue(p)
}

// Certificate bounds the error of what [Engine.Changed] has handed out, provided
// it was called since the last Set and Push.
func (e *Engine) Certificate() pagerank.Certificate {
	plus, minus := max(e.plus.value(), 0), max(e.minus.value(), 0)
	return pagerank.Certificate{
		Damping: e.opt.Damping, Pages: int(e.pages),
		Sum: e.sum.value(), Dangling: e.dangling.value(),
		Plus: plus, Minus: minus,
		EpsilonPlus:  e.plusSize.greatest() / e.rest,
		EpsilonMinus: e.minusSize.greatest() / e.rest,
		Slack:        e.slack,
	}
}

// Links returns the number of links that carry rank.
func (e *Engine) Links() int64 { return e.links }

// total is a sum of many terms of both signs, compensated (Neumaier 1974), so
// that millions of updates leave it exact to a few units in the last place.
type total struct{ sum, lost float64 }

func (t *total) add(v float64) {
	s := t.sum + v
	if math.Abs(t.sum) >= math.Abs(v) {
		t.lost += (t.sum - s) + v
	} else {
		t.lost += (v - s) + t.sum
	}
	t.sum = s
}

func (t *total) value() float64 { return t.sum + t.lost }

// sizes counts positive numbers by class: their exponent and the top bits of
// their mantissa, eight classes an octave.
type sizes struct {
	count [classes]uint32
	top   int // no class above this one is occupied
}

const (
	classBits = 3
	// Numbers below 2⁻⁷⁰, far under any rounding of x ≥ 1−α, share class 0.
	firstClass = (1023 - 70) << classBits
	classes    = (70 + 64) << classBits
)

func class(v float64) int {
	c := int(math.Float64bits(v)>>(52-classBits)) - firstClass
	return min(max(c, 0), classes-1)
}

func (s *sizes) add(v float64, sign int) {
	c := class(v)
	s.count[c] += uint32(sign)
	if sign > 0 && c > s.top {
		s.top = c
	}
}

// greatest returns an upper bound on the numbers counted, at most ⅛ too high;
// zero if there are none.
func (s *sizes) greatest() float64 {
	for s.top > 0 && s.count[s.top] == 0 {
		s.top--
	}
	switch {
	case s.count[s.top] == 0:
		return 0
	case s.top == classes-1:
		return math.Inf(1)
	}
	return math.Float64frombits(uint64(s.top+1+firstClass) << (52 - classBits))
}
