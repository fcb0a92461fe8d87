package incremental

import (
	"math"
	"math/bits"
	"slices"

	"freshrank/pagerank/link"
)

// shards is how many parts the pages are cut into. What is computed depends on it, so
// it does not depend on the number of workers.
const shards = 8

// shard is a range of pages: their account, and those of them that wait for a push.
// While pushes are made, only one goroutine at a time writes to a shard and to the
// nodes of its pages; what leads to another shard's pages waits in out.
type shard struct {
	first link.Page
	account
	queue

	ceiling []float64 // by block of pages: no |r| is greater, except of pages that are queued
	moved   []uint64  // a bit a page: may differ from what was handed out
	out     [shards][]parcel
	astray  []gift
	_       [64]byte // nobody else's cache line
}

// block is how many pages share an entry of ceiling.
const block = 512

// parcel is a share of rank for each of some pages of another shard.
type parcel struct {
	to    []uint32
	share float64
}

// gift is rank that an alias forwards to a page of another shard.
type gift struct {
	to    link.Page
	delta float64
}

// shardOf returns the shard of page p.
func (e *Engine) shardOf(p link.Page) *shard { return &e.shards[e.number(p)] }

func (e *Engine) number(p link.Page) int { return int(min(uint32(p)/e.width, shards-1)) }

// within returns how many of row's pages, ascending and the first of which belongs to
// shard number, belong to that shard.
func (e *Engine) within(row []uint32, number int) int {
	if number == shards-1 || row[len(row)-1] < e.width*uint32(number+1) {
		return len(row)
	}
	n, _ := slices.BinarySearch(row, e.width*uint32(number+1))
	return n
}

// reach makes room for pages up to and without end.
func (s *shard) reach(end link.Page) {
	n := int(end - s.first)
	if more := (n+block-1)/block - len(s.ceiling); more > 0 {
		s.ceiling = append(s.ceiling, make([]float64, more)...)
	}
	if more := (n+63)/64 - len(s.moved); more > 0 {
		s.moved = append(s.moved, make([]uint64, more)...)
	}
}

// spread adds share to the residual of each page of row, all of which are s's. It is
// what the engine spends its time on.
func (s *shard) spread(e *Engine, row []uint32, share float64) {
	nodes, slack, first := e.nodes, e.slack, uint32(s.first)
	for len(row) > 0 {
		part := row[:min(len(row), parcelled)]
		row = row[len(part):]
		grown := 0.0
		for _, v := range part {
			n := &nodes[v]
			if n.flags&isAlias != 0 {
				s.forward(e, link.Page(v), share)
				s.residual.add(-share) // which is added below
				continue
			}
			old := n.r
			now := old + share
			n.r = now
			size := math.Abs(now)
			grown += size - math.Abs(old)
			i := v - first
			if size > s.ceiling[i/block] {
				s.exceed(e, link.Page(v), n)
			}
			if math.Abs(n.x+now-n.told) > slack*n.told {
				s.moved[i/64] |= 1 << (i % 64)
			}
		}
		s.size.add(grown)
		s.residual.add(share * float64(len(part)))
		lost := 6*math.Abs(share) + e.threshold // exceed counts those of more
		s.inexact(lost, float64(len(part))*(lost+parcelled*math.Abs(share)))
	}
}

// parcelled is how many terms spread adds up plainly before it compensates.
const parcelled = 64

// bump adds δ, which came about by at most four roundings, to the residual of the
// member p.
func (s *shard) bump(e *Engine, p link.Page, delta float64) {
	if delta == 0 {
		return
	}
	n := &e.nodes[p]
	old := n.r
	n.r += delta
	s.size.add(math.Abs(n.r) - math.Abs(old))
	s.residual.add(delta)
	lost := 6*math.Abs(delta) + math.Abs(n.r)
	s.inexact(lost, lost)
	s.settle(e, p, n)
}

// settle sees to it that p is queued or counts for the ceiling, and is handed out if
// it has moved.
func (s *shard) settle(e *Engine, p link.Page, n *node) {
	i := uint32(p - s.first)
	if math.Abs(n.r) > s.ceiling[i/block] {
		s.exceed(e, p, n)
	}
	if n.moved(e.slack) {
		s.moved[i/64] |= 1 << (i % 64)
	}
}

// exceed lets p wait for a push if it needs one, or raises the ceiling.
func (s *shard) exceed(e *Engine, p link.Page, n *node) {
	size := math.Abs(n.r)
	s.inexact(size, size) // spread counts no more than the threshold for each page
	switch {
	case n.flags&isQueued != 0:
	case size > e.threshold && n.flags&isMember != 0:
		n.flags |= isQueued
		s.push(e.tier(n, size), p)
	default:
		s.ceiling[uint32(p-s.first)/block] = size
	}
}

// forward hands on what comes for the alias v.
func (s *shard) forward(e *Engine, v link.Page, delta float64) {
	f := e.forward[v]
	f.brought.add(delta)
	if e.shardOf(f.root) == s {
		s.bump(e, f.root, delta)
		return
	}
	s.astray = append(s.astray, gift{f.root, delta})
}

// touch lets p be handed out if it differs in any way from what was.
func (s *shard) touch(p link.Page) {
	i := uint32(p - s.first)
	s.moved[i/64] |= 1 << (i % 64)
}

// greatest returns an upper bound on |r| of all pages, at most ⅛ too high: the
// ceilings say where to look, and the highest are measured anew until one holds.
func (e *Engine) greatest() float64 {
	known := 0.0
	for i := range e.shards {
		for p := range e.shards[i].waiting() {
			known = max(known, math.Abs(e.nodes[p].r))
		}
	}
	for {
		highest, at, top := &e.shards[0], 0, known
		for i := range e.shards {
			for k, c := range e.shards[i].ceiling {
				if c > top {
					highest, at, top = &e.shards[i], k, c
				}
			}
		}
		if top <= known*1.125 {
			return top
		}
		highest.measure(e, at)
		known = max(known, highest.ceiling[at])
	}
}

// measure sets the ceiling of a block to what it is now.
func (s *shard) measure(e *Engine, at int) {
	most := 0.0
	for p := s.first + link.Page(at*block); p < min(s.first+link.Page((at+1)*block), s.end(e)); p++ {
		if n := &e.nodes[p]; n.flags&isQueued == 0 {
			most = max(most, math.Abs(n.r))
		}
	}
	s.ceiling[at] = most
}

// end returns the page after the last of s.
func (s *shard) end(e *Engine) link.Page {
	if s == &e.shards[shards-1] {
		return link.Page(len(e.nodes))
	}
	return min(s.first+link.Page(e.width), link.Page(len(e.nodes)))
}

// each calls fn for the pages whose bit is set, ascending, and clears it.
func (s *shard) each(fn func(link.Page)) {
	for i, word := range s.moved {
		if word == 0 {
			continue
		}
		s.moved[i] = 0
		for ; word != 0; word &= word - 1 {
			fn(s.first + link.Page(i*64+bits.TrailingZeros64(word)))
		}
	}
}
