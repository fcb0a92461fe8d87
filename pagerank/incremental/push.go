package incremental

import (
	"context"
	"math"

	"freshrank/pagerank/link"
	"freshrank/pagerank/parallel"
)

const (
	// A round with fewer pages than this in its class, or fewer edge operations to
	// spend on each shard, is made by one goroutine.
	few = 1 << 9
	// A round spends about this many edge operations on each shard at most, or on all
	// together if one goroutine makes it.
	perRound = 1 << 20
)

// Push pushes residuals until all are within ε(1−α)w, or too small beside their x̂ for
// float64, and returns true; or until about budget edge operations are spent or ctx
// ends, which it looks at between rounds, and returns false. Wherever it stops, the
// invariant holds and the certificate says what is left.
func (e *Engine) Push(ctx context.Context, budget int64) bool {
	for limit := e.EdgeOps + budget; ; {
		tier, pages := -1, 0
		for i := range e.shards {
			e.shards[i].classify()
			if top := e.shards[i].top(); top > tier {
				tier, pages = top, 0
			}
			if tier >= 0 {
				pages += e.shards[i].length(tier)
			}
		}
		switch {
		case tier < 0:
			return true
		case e.EdgeOps >= limit || ctx.Err() != nil:
			return false
		}
		e.round(tier, pages, limit-e.EdgeOps)
	}
}

// round lets every shard push its pages of a class and above, and then take what
// comes from the others. What comes out does not depend on the number of workers.
func (e *Engine) round(tier, pages int, budget int64) {
	workers, each := e.opt.Workers, min(budget/shards, perRound)
	alone := pages < few || each < few
	if alone { // one after the other, out of one budget
		workers, each = 1, min(budget, perRound)
	}
	parallel.Each(workers, shards, func(i int) {
		s := &e.shards[i]
		before := s.edgeOps
		s.drain(tier, each)
		if alone {
			each -= s.edgeOps - before
		}
	})
	e.exchange(workers)
	e.EdgeOps, e.Pushes = 0, 0
	for i := range e.shards {
		e.EdgeOps, e.Pushes = e.EdgeOps+e.shards[i].edgeOps, e.Pushes+e.shards[i].pushes
	}
}

// drain pushes the pages of class tier and above, those that get there on the way
// included, until it has spent about budget.
func (s *shard) drain(tier int, budget int64) {
	fetched := 0
	for limit := s.edgeOps + budget; s.edgeOps < limit; {
		if len(s.arrived) >= ahead || s.top() < tier {
			s.classify()
		}
		top := s.top()
		if top < tier {
			return
		}
		if fetched--; fetched <= 0 {
			fetched = s.fetchRows(s.following(top, ahead))
		}
		p := s.next(top)
		n := &s.e.nodes[p]
		// While it waited it may have been pulled back, left V or become an alias.
		size := math.Abs(s.e.residuals[p].r)
		if size <= s.e.limit(n) || n.flags&isMember == 0 {
			s.queued.clear(uint32(p - s.first))
			s.setBand(p)
			s.settle(p)
			continue
		}
		if now := s.e.tier(n.burden, size); now < top {
			s.enqueue(now, p)
			continue
		}
		s.queued.clear(uint32(p - s.first))
		s.push(p, n)
	}
}

// push moves the residual of p into x̂_p, and α of it along p's links. What x̂_p
// cannot take for rounding stays in r_p, even if it is past the threshold.
func (s *shard) push(p link.Page, n *node) {
	before := n.x
	n.x += s.e.residuals[p].r
	moved := n.x - before
	s.setBand(p)
	s.bump(p, -moved)
	if moved == 0 {
		k := int(p-s.first) / block
		s.ceiling[k] = max(s.below(k), math.Abs(s.e.residuals[p].r)/float64(n.weight)) * least
	}
	s.sum.replace(before, n.x)
	row := s.row(p)
	s.pushes++
	s.edgeOps += int64(len(row)) + 1
	if len(row) == 0 {
		s.dangling.replace(before, n.x)
		return
	}
	s.sendRow(row, parcel{delta: s.e.opt.Damping * moved / float64(len(row))})
}

// SetEpsilon changes the ε that Push aims at, and with it the slack: a served
// value is handed out again once it has moved by more than ε/2. Lowering ε costs a
// pass over all pages.
func (e *Engine) SetEpsilon(epsilon float64) {
	lower := epsilon < e.opt.Epsilon
	e.aim(epsilon)
	if lower {
		e.settleAll()
	}
}

func (e *Engine) aim(epsilon float64) {
	e.opt.Epsilon, e.threshold, e.slack = epsilon, epsilon*e.rest, epsilon*trail
	e.perThreshold = 1 / e.threshold
}

// settleAll looks at every page again: whether it is to be pushed or handed out.
func (e *Engine) settleAll() {
	parallel.Each(e.opt.Workers, shards, func(i int) {
		s := &e.shards[i]
		clear(s.ceiling)
		for p := s.first; p < s.end(); p++ {
			if e.nodes[p].flags&isMember != 0 {
				s.setBand(p)
				s.settle(p)
			}
		}
	})
}

// trail is the slack as a share of ε: values may trail behind what is known of
// them by half of what is unknown, which spares most of the writing.
const trail = 0.5

// Epsilon returns the ε that Push aims at.
func (e *Engine) Epsilon() float64 { return e.opt.Epsilon }
