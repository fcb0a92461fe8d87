// Package incremental keeps the ranks of a graph that changes. It holds x̂ and the
// residual r = (1−α)·1 + αPᵀx̂ − x̂ of every page, keeps that invariant through
// every change of the graph at a cost of the changed pages' links, and pushes
// residuals until each is within ε(1−α), which bounds the relative error of every
// page by ε (see [pagerank.Certificate]).
//
// # State and rules
//
// [Engine.Set] says what a page's folded state is now; the engine finds what
// differs from what it holds. With old and new out-degree d and d′, x̂ stays and each
// page v gets the difference (Ohsaka, Maehara and Kawarabayashi, KDD 2015):
//
//	r_v −= α·x̂_u/d,  r_v += α·x̂_u/d′,  r_v += α·x̂_u(1/d′ − 1/d)
//
// for v removed, added, kept. Where that leaves |r_u| within the threshold, as a few
// links of many do, x̂_u is scaled with the out-degree instead, after Zhang, Lofgren
// and Goel (KDD 2016) but in the zero-row form, where a page without links sends
// nothing:
//
//	x̂_u ← x̂_u·d′/d,  r_u −= x̂_u(d′/d − 1),  r_v ∓= α·x̂_u/d for v removed, added
//
// with the old x̂_u in all three, so that links that stay cost nothing.
//
// A page that joins V starts at x̂ = 1−α, r = 0, which is exact; one that leaves
// has x̂ + r = 1−α. Nobody else's x changes with N.
//
// [Engine.Push] moves r_u into x̂_u and α·r_u/d_u to each page u links to
// (Gauss–Southwell by thresholds, first in first out). What is below the
// threshold is never dropped: it stays in r, and in the certificate.
//
// # Aliases
//
// What the links of an alias's in-neighbours carry goes to the page that it leads to
// in the end, in the same instant; see alias.go.
package incremental

import (
	"fmt"
	"math"

	"freshrank/pagerank/csr"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// Options of an Engine.
type Options struct {
	Damping float64 // α of the base vector
	Policy  link.RelPolicy
	Epsilon float64 // ε that Push aims at, > 0; see SetEpsilon
}

// Engine holds the current approximation. It is not safe for concurrent use.
type Engine struct {
	opt  Options
	rest float64 // 1−α

	base  *csr.Graph // counted links as published, of the base graph
	rows  [][]uint32 // the same of pages whose links changed since
	rowOf []uint32   // by page: its place in rows, 0 if its links are the base graph's

	// By page; 0 for an alias. in counts the links that lead to a page, those through
	// aliases included.
	x, r  []float64
	in    []uint32
	flags []flag

	aliases
	account
	queue
	published
}

type flag uint8

const (
	isMember  flag = 1 << iota // has a rank: in V and no alias
	isAlias                    // forwards; not on a cycle
	isCrawled                  // crawled and not gone
	isGone                     // gone, with no newer links of its own
	isQueued
	isDirty // may differ from what was published
)

// New returns an Engine that stands where the batch run over g left off: x and
// residual are the stored vector and its residual by page of g, zero for pages
// without a rank. Both are copied.
func New(g *linkgraph.Graph, x, residual []float64, o Options) (*Engine, error) {
	n := g.Pages()
	if len(x) != n || len(residual) != n {
		return nil, fmt.Errorf("start from %d pages: vector has %d entries, residual %d", n, len(x), len(residual))
	}
	if !(o.Damping > 0 && o.Damping < 1) || !(o.Epsilon > 0) {
		return nil, fmt.Errorf("damping %v, epsilon %v: must be 0 < damping < 1 and epsilon > 0", o.Damping, o.Epsilon)
	}
	e := &Engine{
		opt: o, rest: 1 - o.Damping,
		base: &csr.Graph{Start: []uint64{0}}, rows: make([][]uint32, 1),
		aliases: newAliases(), published: newPublished(),
	}
	e.threshold, e.slack = o.Epsilon*e.rest, o.Epsilon*trail
	if n == 0 {
		return e, nil
	}
	e.base = g.Counted(o.Policy)
	eff := g.Effective(o.Policy)
	e.grow(link.Page(n - 1))
	e.links = int64(e.base.Links())
	for p := range link.Page(n) {
		s := g.State(p)
		e.flags[p] |= stateFlags(&s)
		if eff.Member[p] != (x[p] > 0) || math.IsNaN(residual[p]) || math.IsInf(x[p], 1) || math.IsInf(residual[p], 0) {
			return nil, fmt.Errorf("start from page %s: member %v, x %v, residual %v do not fit together", g.URL(p), eff.Member[p], x[p], residual[p])
		}
		if eff.Member[p] {
			e.flags[p] |= isMember
			e.x[p], e.r[p] = x[p], residual[p]
			e.enterSums(p)
			e.enqueue(p)
			lost := stored * unit * (x[p] + math.Abs(residual[p]))
			e.lostOne, e.lostAll = max(e.lostOne, lost), e.lostAll+lost
		}
		if target, ok := g.AliasOf(p); ok {
			e.target[p] = target
			if eff.Root[p] != link.NoPage {
				e.flags[p] |= isAlias
				e.forward[p] = &forward{root: eff.Root[p]}
				e.attach(p, target)
			}
		}
	}
	for u := range uint32(n) {
		row := e.base.Row(u)
		for _, v := range row {
			e.countIn(link.Page(v), +1)
			if f, ok := e.forward[link.Page(v)]; ok {
				f.brought.add(e.share(link.Page(u), len(row)))
			}
		}
	}
	e.startPublished()
	return e, nil
}

// stored bounds the roundings that went into a residual of [pagerank.Rank].
const stored = 32

// Pages returns how many page numbers the engine knows, ranked or not.
func (e *Engine) Pages() int { return len(e.x) }

// Set makes s the state of page p, keeping the invariant; residuals that this
// leaves behind are for [Engine.Push]. Page numbers past the known ones are new
// pages. Its cost is p's old and new links, plus, where p becomes or ceases to be
// an alias, the number of aliases that lead to p, or to a cycle of aliases that
// this closes or opens.
func (e *Engine) Set(p link.Page, s link.State) {
	e.grow(p)
	links := make([]uint32, 0, len(s.Links))
	for _, l := range s.Links {
		if e.opt.Policy.Counts(l.Rel) {
			e.grow(l.To)
			links = append(links, uint32(l.To))
		}
	}
	target, alias := s.AliasOf()
	old, was := e.target[p]
	if was && (!alias || target != old) {
		e.endAlias(p)
	}
	e.flags[p] = e.flags[p]&^(isCrawled|isGone) | stateFlags(&s)
	e.setLinks(p, links)
	e.reconsider(p)
	if alias && (!was || target != old) {
		e.grow(target)
		e.beginAlias(p, target)
	}
	e.dirty(p)
}

func stateFlags(s *link.State) flag {
	var f flag
	if s.CrawledNow() {
		f |= isCrawled
	}
	if s.GoneNow() {
		f |= isGone
	}
	return f
}

// grow makes room for page p and all before it; they are unknown so far.
func (e *Engine) grow(p link.Page) {
	more := int(p) + 1 - len(e.x)
	if more <= 0 {
		return
	}
	e.x = append(e.x, make([]float64, more)...)
	e.r = append(e.r, make([]float64, more)...)
	e.in = append(e.in, make([]uint32, more)...)
	e.flags = append(e.flags, make([]flag, more)...)
	e.rowOf = append(e.rowOf, make([]uint32, more)...)
	e.growPublished(more)
}

// row returns the pages that p's counted links lead to, as published.
func (e *Engine) row(p link.Page) []uint32 {
	if at := e.rowOf[p]; at != 0 {
		return e.rows[at]
	}
	if int(p) < e.base.Pages() {
		return e.base.Row(uint32(p))
	}
	return nil
}

// reconsider lets p join or leave V by what is known of it now.
func (e *Engine) reconsider(p link.Page) {
	want := e.flags[p]&isAlias == 0 && (e.flags[p]&isCrawled != 0 || e.in[p] > 0 || len(e.row(p)) > 0)
	if want == (e.flags[p]&isMember != 0) {
		return
	}
	if want {
		e.flags[p] |= isMember
		e.x[p], e.r[p] = e.rest, 0
		e.enterSums(p)
	} else {
		e.leaveSums(p)
		e.x[p], e.r[p] = 0, 0
		e.flags[p] &^= isMember
	}
	e.dirty(p)
}
