package incremental

import (
	"iter"
	"math"
	"slices"

	"freshrank/pagerank/link"
)

// queue holds the pages of a shard whose residual may be past the threshold, each
// once, sorted roughly by what a push of it gains for its work: |r|/θ over d, which is
// the order in which they had better be pushed. A page of many links waits until what
// it can get from others has come, and is pushed once instead of many times; on web
// graphs that spares 14 % of the work, on graphs with large hubs 33 %.
type queue struct {
	tiers [tiers][]link.Page // first in, first out
	heads [tiers]int

	arrived []link.Page // has still to be classed
	queued  bitmap      // a bit a page of the shard: is in one of all these

	pushes, edgeOps int64
}

// tiers is how many classes there are, each of a sixteenth of the gain of the one above.
const tiers = 8

// tier returns the class of a page with the given burden and |r| = size; the highest is
// the first to be pushed.
func (e *Engine) tier(burden uint8, size float64) int {
	gain := int(math.Float64bits(size*e.perThreshold)>>52) - 1023 - int(burden) // ⌊log₂⌋
	return min(max(tiers-2+gain>>2, 0), tiers-1)
}

func (q *queue) enqueue(tier int, p link.Page) { q.tiers[tier] = append(q.tiers[tier], p) }

// classify puts those that have arrived into their classes.
func (s *shard) classify() {
	for some := range slices.Chunk(s.arrived, ahead) {
		var burdens [ahead]uint8
		for i, p := range some { // these loads do not wait for each other
			burdens[i] = s.e.nodes[p].burden
		}
		for i, p := range some {
			s.enqueue(s.e.tier(burdens[i], math.Abs(s.e.residuals[p].r)), p)
		}
	}
	s.arrived = s.arrived[:0]
}

// next takes the first page out of a class that is occupied.
func (q *queue) next(tier int) link.Page {
	t, at := q.tiers[tier], &q.heads[tier]
	p := t[*at]
	if *at++; *at == len(t) || *at >= 1<<10 && *at > len(t)/2 {
		q.tiers[tier], *at = t[:copy(t, t[*at:])], 0
	}
	return p
}

// following returns up to n pages after the first of a class.
func (q *queue) following(tier, n int) []link.Page {
	rest := q.tiers[tier][q.heads[tier]:]
	return rest[:min(len(rest), n)]
}

// top returns the highest class that is occupied, −1 if none is.
func (q *queue) top() int {
	for k := tiers - 1; k >= 0; k-- {
		if len(q.tiers[k]) > 0 {
			return k
		}
	}
	return -1
}

func (q *queue) length(tier int) int { return len(q.tiers[tier]) - q.heads[tier] }

// waiting yields all pages that are queued.
func (q *queue) waiting() iter.Seq[link.Page] {
	return func(yield func(link.Page) bool) {
		for _, p := range q.arrived {
			if !yield(p) {
				return
			}
		}
		for k, t := range q.tiers {
			for _, p := range t[q.heads[k]:] {
				if !yield(p) {
					return
				}
			}
		}
	}
}
