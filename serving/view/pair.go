package view

import (
	"time"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/serving"
)

// head is the moving part of the state: the two pointers and the speed view's
// header.
type head struct {
	active edition // of the generation; zero before the first
	under  edition // what the view is over
	speed  serving.SpeedHealth
	snap   serving.Snapshot // of the view, if speed.View is not 0; without quantiles and lag

	applied, end link.Offsets
	links        int64
	epsilonAim   float64
}

// edition is one generation and no other: an installation that starts over, or is
// restored, uses its numbers again.
type edition struct {
	number int64
	run    string
}

// pair says which tables an answer is read from. It is never written to once
// it is published.
type pair struct {
	active *generation
	base   *generation             // whose tables hold the ranks
	view   int64                   // 0: no overlay
	known  map[edition]*generation // what the rule was applied to
}

// generation is what is kept in memory of a generation: it never changes, but
// for being dropped, which shows as a missing table.
type generation struct {
	serving.Generation
	quantiles []float64
}

func (g *generation) edition() edition { return edition{g.Generation.Generation, g.Run} }

// same reports whether both pairs are read from the same tables.
func (p *pair) same(q *pair) bool {
	return p.active.edition() == q.active.edition() && p.base.edition() == q.base.edition() && p.view == q.view
}

// holds reports whether the pair rule still gives p for a later head.
func (p *pair) holds(h *head) bool {
	q := choose(h, p.known)
	return q != nil && q.same(p)
}

// choose is the pair rule, for the generations at hand; nil if one that is
// needed is missing.
func choose(h *head, generations map[edition]*generation) *pair {
	active := generations[h.active]
	if active == nil {
		return nil
	}
	alone := &pair{active: active, base: active, known: generations}
	if h.speed.View == 0 {
		return alone
	}
	if h.under != h.active && !h.applied.Covers(active.Cut) &&
		(active.Cut.Covers(h.applied) || active.AsOf.After(h.snap.AsOf)) {
		return alone // has overtaken it; where each has something that the other lacks, as_of decides
	}
	under := generations[h.under]
	if under == nil {
		return nil
	}
	if !under.Retained && under != active {
		return alone // its tables are gone; the speed layer will follow
	}
	return &pair{active: active, base: under, view: h.speed.View, known: generations}
}

// snapshot is what an answer from pair p is stamped with. Lag is the caller's.
func (p *pair) snapshot(h *head) serving.Snapshot {
	if p.view == 0 {
		g := p.base
		return serving.Snapshot{
			Pair: serving.Pair{Generation: g.Generation.Generation}, AsOf: p.asOf(h),
			Certificate: g.Certificate, XMax: g.XMax, Quantiles: g.quantiles,
		}
	}
	s := h.snap
	s.AsOf = p.asOf(h)
	s.Pair = serving.Pair{Generation: p.base.Generation.Generation, View: p.view, Sequence: h.speed.Sequence}
	s.Quantiles = p.base.quantiles
	return s
}

// asOf is the later of what the active generation and the view claim, whichever is
// answered from: so it never goes back when answers pass from one to the other. What
// has all that the other has may make the other's claim too, and that need not be the
// earlier one. A layer notes the time, then looks where the log ends, then goes on
// reading: a view whose last look lies before the generation's may have read past the
// cut, and a generation whose time lies before the view's last look may end past what
// the view has read. Where neither has all of the other, choose takes the later.
func (p *pair) asOf(h *head) time.Time {
	own, other, covers := h.snap.AsOf, p.active.AsOf, h.applied.Covers(p.active.Cut)
	if p.view == 0 {
		own, other, covers = p.base.AsOf, h.snap.AsOf, p.base.Cut.Covers(h.applied)
	}
	if covers && other.After(own) {
		return other
	}
	return own
}

// certificate is scanned field by field; slack stays 0 for a generation.
type certificate struct {
	damping, sum, dangling, plus, minus, epsilonPlus, epsilonMinus, slack float64
	pages                                                                 int64
}

func (c certificate) of() pagerank.Certificate {
	return pagerank.Certificate{
		Damping: c.damping, Pages: int(c.pages), Sum: c.sum, Dangling: c.dangling,
		Plus: c.plus, Minus: c.minus, EpsilonPlus: c.epsilonPlus, EpsilonMinus: c.epsilonMinus,
		Slack: c.slack,
	}
}
