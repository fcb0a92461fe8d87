package incremental

import (
	"math/bits"

	"freshrank/pagerank/link"
)

// shards is how many parts the pages are cut into. What is computed depends on it, so
// it does not depend on the number of workers.
const shards = 16

// shard is a range of pages, their rows and their account, and those of them that wait
// for a push. Where shards are worked on in parallel, only one goroutine at a time
// writes to a shard and to the nodes and residuals of its pages; what leads to another
// shard's pages waits in out.
type shard struct {
	e      *Engine
	number int
	first  link.Page
	rows   rows
	account
	queue
	singles

	ceiling []float64 // by block of pages, see below
	moved   bitmap    // a bit a page: may differ from what was handed out

	baseX sparse[float64] // of pages with isTold: what the base generation serves, NaN for none
	xMax  float64         // greatest value handed out
	news  []news          // see Engine.Changed
	held  float64         // greatest relative distance from what was handed out that is kept back

	out    [shards][]parcel // for each of the others
	copies []uint32         // what parcels that stem from a difference lead to
	gifts  []gift
	sent   bool // something of all this

	counted    []uint32
	fetched    float64 // see fetch
	difference difference
	_          [64]byte // nobody else's cache line
}

// block is how many pages share an entry of ceiling.
const block = 512

// reach makes room for pages that are new.
func (s *shard) reach() {
	n := int(s.end() - s.first)
	if more := (n+block-1)/block - len(s.ceiling); more > 0 {
		s.ceiling = append(s.ceiling, make([]float64, more)...)
	}
	s.moved.reach(n)
	s.queued.reach(n)
}

// end returns the page after the last of s.
func (s *shard) end() link.Page {
	end := link.Page(len(s.e.nodes))
	if s.number < shards-1 {
		end = min(end, s.first+link.Page(s.e.width))
	}
	return end
}

// eachMoved calls fn for the pages that may have to be handed out, ascending. fn may
// take them out of s.moved.
func (s *shard) eachMoved(fn func(link.Page)) {
	for i, word := range s.moved {
		for ; word != 0; word &= word - 1 {
			fn(s.first + link.Page(i*64+bits.TrailingZeros64(word)))
		}
	}
}
