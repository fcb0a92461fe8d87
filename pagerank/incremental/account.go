package incremental

import (
	"math"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
)

// account keeps what the certificate needs of a shard's pages, so that taking one
// costs no pass over them; the greatest residual is found through the ceilings.
type account struct {
	pages, links  int64
	sum, dangling total // Σ x̂, and of it the members without links
	residual      total // Σ r
	size          total // Σ |r|

	// How far rounding may have taken r as it is here from the residual that x̂ as
	// it is here has: any one page's, divided by its weight, and all pages' together.
	lostOne, lostAll float64
}

// unit is the greatest relative error of one float64 operation.
const unit = 0x1p-53

// inexact notes that a residual has become wrong by up to one·unit more, and all
// together by up to all·unit: one is the size of a number that was rounded, or the
// sum of several.
func (a *account) inexact(one, all float64) {
	a.lostOne += unit / least * one
	a.lostAll += unit * all
}

// count adds the member p, with its x̂ and r as they are, to the account (sign = 1), or
// takes it out (−1).
func (s *shard) count(p link.Page, sign float64) {
	n := &s.e.nodes[p]
	s.pages += int64(sign)
	s.sum.add(sign * n.x)
	if s.degree(p) == 0 {
		s.dangling.add(sign * n.x)
	}
	r := s.e.residuals[p].r
	s.residual.add(sign * r)
	s.size.add(sign * math.Abs(r))
}

// Certificate bounds the error of what [Engine.Changed] has handed out, provided
// it was called since the last Set, Push and SetEpsilon. The greatest residual is
// measured as closely as an eighth, so that a second call may say a little less.
func (e *Engine) Certificate() pagerank.Certificate {
	var all account
	for i := range e.shards {
		s := &e.shards[i]
		all.pages += s.pages
		all.sum.merge(s.sum)
		all.dangling.merge(s.dangling)
		all.residual.merge(s.residual)
		all.size.merge(s.size)
		all.lostOne, all.lostAll = all.lostOne+s.lostOne, all.lostAll+s.lostAll
	}
	size, residual := max(all.size.value(), 0), all.residual.value()
	// Added to R⁺ and R⁻ alike, lostAll has to be divided by α to do its duty in
	// both of SumBounds: there R⁺ speaks for a greater Σx, and R⁻ 1/(1−α) times as
	// much against it.
	lost := all.lostAll / e.opt.Damping
	epsilon := (e.greatest() + all.lostOne) / e.rest
	return pagerank.Certificate{
		Damping: e.opt.Damping, Pages: int(all.pages),
		Sum: all.sum.value(), Dangling: all.dangling.value(),
		Plus:         max(size+residual, 0)/2 + lost,
		Minus:        max(size-residual, 0)/2 + lost,
		EpsilonPlus:  epsilon,
		EpsilonMinus: epsilon,
		Slack:        max(e.slack, e.held) + all.lostOne/e.rest, // x̃ ≥ 1−α
	}
}

// Links returns the number of links that carry rank.
func (e *Engine) Links() (links int64) {
	for i := range e.shards {
		links += e.shards[i].links
	}
	return links
}

// total is a sum of many terms of both signs, compensated, so
// that millions of updates leave it exact to a few units in the last place.
type total struct{ sum, lost float64 }

func (t *total) add(v float64) {
	s := t.sum + v
	w := s - t.sum // Knuth's two-sum: no branch that could be mispredicted
	t.lost += (t.sum - (s - w)) + (v - w)
	t.sum = s
}

func (t *total) merge(u total) {
	t.add(u.sum)
	t.add(u.lost)
}

// replace puts a term in place of another. Their difference would be rounded.
func (t *total) replace(old, now float64) {
	t.add(now)
	t.add(-old)
}

func (t *total) value() float64 { return t.sum + t.lost }
