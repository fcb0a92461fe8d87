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

	// How far rounding may have taken r as it is here from the residual that x̂ as
	// it is here has: any one page's, and all pages' together.
	lostOne, lostAll float64
}

// unit is the greatest relative error of one float64 operation.
const unit = 0x1p-53

// inexact notes that residuals have become wrong by up to v·unit more: by one
// rounding of a number of size v, or by several whose sizes add up to v.
func (a *account) inexact(v float64) {
	a.lostOne += unit * v
	a.lostAll += unit * v
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

// bump adds δ, which came about by at most four roundings, to the residual of the
// member p.
func (e *Engine) bump(p link.Page, delta float64) {
	if delta == 0 {
		return
	}
	old := e.r[p]
	now := old + delta
	e.r[p] = now
	e.retally(old, now)
	e.inexact(5*math.Abs(delta) + math.Abs(now)) // the fifth is retally's
	e.dirty(p)
	e.enqueue(p)
}

// retally counts the residual now where old was counted. Mostly the sign stays, and
// the size class too.
func (a *account) retally(old, now float64) {
	switch {
	case old > 0 && now > 0:
		a.plus.add(now - old)
		a.plusSize.move(old, now)
	case old < 0 && now < 0:
		a.minus.add(old - now)
		a.minusSize.move(-old, -now)
	default:
		a.tally(old, -1)
		a.tally(now, +1)
	}
}

// Certificate bounds the error of what [Engine.Changed] has handed out, provided
// it was called since the last Set, Push and SetEpsilon.
func (e *Engine) Certificate() pagerank.Certificate {
	// Added to R⁺ and R⁻ alike, lostAll has to be divided by α to do its duty in
	// both of SumBounds: there R⁺ speaks for a greater Σx, and R⁻ 1/(1−α) times as
	// much against it.
	lost := e.lostAll / e.opt.Damping
	return pagerank.Certificate{
		Damping: e.opt.Damping, Pages: int(e.pages),
		Sum: e.sum.value(), Dangling: e.dangling.value(),
		Plus:         max(e.plus.value(), 0) + lost,
		Minus:        max(e.minus.value(), 0) + lost,
		EpsilonPlus:  (e.plusSize.greatest() + e.lostOne) / e.rest,
		EpsilonMinus: (e.minusSize.greatest() + e.lostOne) / e.rest,
		Slack:        e.slack + e.lostOne/e.rest, // x̃ ≥ 1−α
	}
}

// Links returns the number of links that carry rank.
func (e *Engine) Links() int64 { return e.links }

// total is a sum of many terms of both signs, compensated, so
// that millions of updates leave it exact to a few units in the last place.
type total struct{ sum, lost float64 }

func (t *total) add(v float64) {
	s := t.sum + v
	w := s - t.sum // Knuth's two-sum: no branch that could be mispredicted
	t.lost += (t.sum - (s - w)) + (v - w)
	t.sum = s
}

// replace puts a term in place of another. Their difference would be rounded.
func (t *total) replace(old, now float64) {
	t.add(now)
	t.add(-old)
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

// move counts now instead of old.
func (s *sizes) move(old, now float64) {
	was, is := class(old), class(now)
	if was == is {
		return
	}
	s.count[was]--
	s.count[is]++
	s.top = max(s.top, is)
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
