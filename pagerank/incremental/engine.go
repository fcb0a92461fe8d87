// Package incremental keeps the ranks of a graph that changes. It holds x̂ and the
// residual r = (1−α)·1 + αPᵀx̂ − x̂ of every page, keeps that invariant through
// every change of the graph at a cost of the changed pages' links, and pushes
// residuals until each is within ε(1−α), or more where many links lead to the page (see
// weight.go), which bounds the relative error of every page by ε.
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
// [Engine.SetLinks] does the same where the links that come and go are known: then rows
// need not be compared.
//
// A page that joins V starts at x̂ = 1−α, r = 0, which is exact; one that leaves
// has x̂ + r = 1−α. Nobody else's x changes with N.
//
// [Engine.Push] moves r_u into x̂_u and α·r_u/d_u to each page u links to
// (Gauss–Southwell by thresholds and classes of gain for the work). What is below the
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
	"runtime"
	"slices"

	"freshrank/pagerank/hugepages"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
	"freshrank/pagerank/parallel"
)

// Options of an Engine.
type Options struct {
	Damping float64 // α of the base vector
	Policy  link.RelPolicy
	Epsilon float64 // ε that Push aims at, > 0; see SetEpsilon
	Workers int     // goroutines; 0: GOMAXPROCS. Results do not depend on it
}

// Engine holds the current approximation: 55 bytes a page, room for an eighth more pages
// included, and what has changed since. Links that have not are read from the base graph;
// of that it copies only the rows of pages some of whose links do not count. It is not
// safe for concurrent use.
//
// Pages are cut into shards, on which [Engine.Push] and [Engine.SetAll] work in
// parallel; those that came after New are all in the last one, until an Engine is made
// of the next generation.
type Engine struct {
	opt  Options
	rest float64 // 1−α

	base      *linkgraph.Counted // links of the base graph
	nodes     []node             // by page
	residuals []residual         // by page
	shards    [shards]shard
	width     uint32 // pages a shard; the last one has all that came later too

	threshold    float64 // ε(1−α), the greatest |r|/w that needs no push
	perThreshold float64 // its inverse
	slack        float64 // relative change of a value that is worth handing out

	aliases
	published

	// Pushes and EdgeOps count work since the start.
	Pushes, EdgeOps int64
}

// New returns an Engine that stands where the batch run over g left off: x and r are the
// stored vector and its residual by page of g, zero for pages without a rank. Both are
// copied.
func New(g *linkgraph.Graph, x, r []float64, o Options) (*Engine, error) {
	n := g.Pages()
	if len(x) != n || len(r) != n {
		return nil, fmt.Errorf("start from %d pages: vector has %d entries, residual %d", n, len(x), len(r))
	}
	if !(o.Damping > 0 && o.Damping < 1) || !(o.Epsilon > 0) {
		return nil, fmt.Errorf("damping %v, epsilon %v: must be 0 < damping < 1 and epsilon > 0", o.Damping, o.Epsilon)
	}
	e := &Engine{
		opt: o, rest: 1 - o.Damping,
		width:   uint32((n + shards - 1) / shards),
		aliases: newAliases(), published: newPublished(),
	}
	if e.opt.Workers == 0 {
		e.opt.Workers = runtime.GOMAXPROCS(0)
	}
	e.aim(o.Epsilon)
	if n == 0 {
		e.width = 1 << 12
	}
	hugepages.Use(g.Links.Start)
	hugepages.Use(g.Links.Target)
	e.base = g.Counted(o.Policy)
	for i := range e.shards {
		first := link.Page(i) * link.Page(e.width)
		e.shards[i] = shard{e: e, number: i, first: first}
	}
	members := g.Members(e.base)
	if n > 0 {
		e.grow(link.Page(n - 1))
	}
	for p := range link.Page(n) {
		e.nodes[p].per = uint32(e.base.Degree(uint32(p)))
	}
	for p, w := range e.weights() {
		e.nodes[p].weight = down(w)
	}
	for p := range link.Page(n) {
		if members.Member[p] != (x[p] > 0) || math.IsNaN(r[p]) || math.IsInf(x[p], 1) || math.IsInf(r[p], 0) {
			return nil, fmt.Errorf("start from page %s: member %v, x %v, residual %v do not fit together", g.URL(p), members.Member[p], x[p], r[p])
		}
		s, n := e.shardOf(p), &e.nodes[p]
		n.flags, n.burden = flagsOf(g.Kinds[p], g.Links.Degree(uint32(p))), burden(s.degree(p))
		s.links += int64(s.degree(p))
		if target, ok := g.AliasOf(p); ok {
			e.target[p] = target
			if members.Root[p] != link.NoPage {
				n.flags |= isAlias
				e.forward[p] = &forward{root: members.Root[p]}
				e.attach(p, target)
			}
		}
		if members.Member[p] {
			n.flags |= isMember
			n.x, e.residuals[p].r = x[p], r[p]
			s.count(p, +1)
			lost := stored * unit * (x[p] + math.Abs(r[p]))
			e.shards[0].lostOne = max(e.shards[0].lostOne, lost/least) // all shards' are added up
			s.lostAll += lost
		}
		now := e.Page(p)
		s.record(p, now)
		if now.Status == linkgraph.Alias {
			e.remember(p, now)
		}
		s.setBand(p)
		if members.Member[p] {
			s.settle(p)
		}
	}
	for u := range uint32(n) {
		row := e.base.Row(u)
		for _, v := range row {
			if e.nodes[v].flags&isAlias == 0 {
				e.nodes[v].in++
				continue
			}
			f := e.forward[link.Page(v)]
			f.links++
			e.nodes[f.root].in++
			f.brought.add(e.share(link.Page(u), len(row)))
		}
	}
	for i := range e.shards {
		e.shards[i].findMax()
		e.xMax = max(e.xMax, e.shards[i].xMax)
	}
	return e, nil
}

// stored bounds the roundings that went into a residual of [pagerank.Rank].
const stored = 32

// Pages returns how many page numbers the engine knows, ranked or not.
func (e *Engine) Pages() int { return len(e.nodes) }

// Set makes s the state of page p, keeping the invariant; residuals that this
// leaves behind are for [Engine.Push]. Page numbers past the known ones are new
// pages. Its cost is p's old and new links, plus, where p becomes or ceases to be
// an alias, the number of aliases that lead to p, or to a cycle of aliases that
// this closes or opens.
func (e *Engine) Set(p link.Page, s link.State) {
	target, alias := s.AliasOf()
	e.grow(farthest(p, &s))
	old, was := e.target[p]
	if was && (!alias || target != old) {
		e.endAlias(p)
	}
	e.shardOf(p).set(p, &s)
	e.exchange(1)
	if alias && (!was || target != old) {
		e.beginAlias(p, target)
	}
}

// SetAll calls Set for each of pages, no two the same, with the state that is known
// of it, but does most of it in parallel: state is called once for each page, from
// several goroutines.
func (e *Engine) SetAll(pages []link.Page, state func(link.Page) link.State) {
	for part := range slices.Chunk(pages, 1<<14) { // which bounds the parcels
		e.setPart(part, state)
	}
}

func (e *Engine) setPart(pages []link.Page, state func(link.Page) link.State) {
	states, far := make([]link.State, len(pages)), make([]link.Page, len(pages))
	parallel.Each(e.opt.Workers, (len(pages)+ahead-1)/ahead, func(k int) {
		for i := k * ahead; i < min((k+1)*ahead, len(pages)); i++ {
			states[i] = state(pages[i])
			far[i] = farthest(pages[i], &states[i])
		}
	})
	if len(far) > 0 {
		e.grow(slices.Max(far))
	}
	var tasks [shards][]int
	for i, p := range pages {
		_, was := e.target[p]
		if _, alias := states[i].AliasOf(); alias || was {
			e.Set(p, states[i])
			continue
		}
		n := e.number(p)
		tasks[n] = append(tasks[n], i)
	}
	parallel.Each(e.opt.Workers, shards, func(n int) {
		for some := range slices.Chunk(tasks[n], ahead) {
			var next [ahead]link.Page
			for k, i := range some {
				next[k] = pages[i]
			}
			e.shards[n].fetchRows(next[:len(some)])
			for _, i := range some {
				e.shards[n].set(pages[i], &states[i])
			}
		}
	})
	e.exchange(e.opt.Workers)
}

// farthest returns the greatest number of a page that state s of page p speaks of.
func farthest(p link.Page, s *link.State) link.Page {
	if n := len(s.Links); n > 0 {
		p = max(p, s.Links[n-1].To)
	}
	if target, ok := s.AliasOf(); ok {
		p = max(p, target)
	}
	return p
}

// grow makes room for page p and all before it; they are unknown so far.
func (e *Engine) grow(p link.Page) {
	more := int(p) + 1 - len(e.nodes)
	if more <= 0 {
		return
	}
	old := len(e.nodes)
	if old+more > cap(e.nodes) {
		nodes := hugepages.Make[node]((old + more) * 9 / 8)
		residuals := hugepages.Make[residual](cap(nodes))
		copy(nodes, e.nodes)
		copy(residuals, e.residuals)
		e.nodes, e.residuals = nodes, residuals
	}
	e.nodes, e.residuals = e.nodes[:old+more], e.residuals[:old+more]
	for i := old; i < old+more; i++ {
		e.nodes[i] = node{told: math.NaN(), burden: burden(0), weight: down(1)}
	}
	for i := range e.shards {
		if s := &e.shards[i]; s.first <= p {
			s.reach()
		}
	}
	for i := old; i < old+more; i++ {
		e.shardOf(link.Page(i)).setBand(link.Page(i))
	}
}

// shardOf returns the shard of page p.
func (e *Engine) shardOf(p link.Page) *shard { return &e.shards[e.number(p)] }

func (e *Engine) number(p link.Page) int { return int(min(uint32(p)/e.width, shards-1)) }

// within returns how many of row's pages, ascending, the first of which belongs to
// shard number, belong to that shard.
func (e *Engine) within(row []uint32, number int) int {
	if number == shards-1 || row[len(row)-1] < e.width*uint32(number+1) {
		return len(row)
	}
	n, _ := slices.BinarySearch(row, e.width*uint32(number+1))
	return n
}
