package incremental

import (
	"math"
	"math/bits"

	"freshrank/pagerank/link"
	"freshrank/pagerank/parallel"
)

// shards is how many parts the pages are cut into. What is computed depends on it, so
// it does not depend on the number of workers.
const shards = 8

// shard is a range of pages, their rows and their account, and those of them that wait
// for a push. Where shards are worked on in parallel, only one goroutine at a time
// writes to a shard and to the nodes of its pages; what leads to another shard's pages
// waits in out.
type shard struct {
	e      *Engine
	number int
	first  link.Page
	rows   rows
	account
	queue

	ceiling []float64 // by block of pages: no |r| is greater, except of pages that are queued
	moved   []uint64  // a bit a page: may differ from what was handed out

	out    [shards][]parcel // for each of the others
	copies []uint32         // what parcels that stem from a difference lead to
	gifts  []gift

	counted    []uint32
	difference difference
	_          [64]byte // nobody else's cache line
}

// block is how many pages share an entry of ceiling.
const block = 512

// parcel is rank, δ each, for some pages of one shard, ascending; it comes with the
// links along which it flows (links = 1), or they go with it (−1).
type parcel struct {
	to    []uint32
	delta float64
	links int
}

// gift is what an alias forwards to a page of another shard: rank or links.
type gift struct {
	to    link.Page
	delta float64
	links int
}

// send gives a parcel to shard number to, s itself or another one.
func (s *shard) send(to int, p parcel) {
	if to == s.number {
		s.take(p)
		return
	}
	s.out[to] = append(s.out[to], p)
}

// exchange lets all shards take what the others have for them.
func (e *Engine) exchange(workers int) {
	parallel.Each(workers, shards, func(i int) {
		s := &e.shards[i]
		for k := range e.shards {
			from := &e.shards[k].out[i]
			for _, p := range *from {
				s.take(p)
			}
			*from = (*from)[:0]
		}
	})
	for i := range e.shards {
		s := &e.shards[i]
		for _, g := range s.gifts {
			to := e.shardOf(g.to)
			e.nodes[g.to].in += uint32(g.links)
			to.bump(g.to, g.delta)
			to.reconsider(g.to)
		}
		s.gifts, s.copies = s.gifts[:0], s.copies[:0]
	}
}

// reach makes room for pages that are new.
func (s *shard) reach() {
	n := int(s.end() - s.first)
	if more := (n+block-1)/block - len(s.ceiling); more > 0 {
		s.ceiling = append(s.ceiling, make([]float64, more)...)
	}
	if more := (n+63)/64 - len(s.moved); more > 0 {
		s.moved = append(s.moved, make([]uint64, more)...)
	}
}

// end returns the page after the last of s.
func (s *shard) end() link.Page {
	end := link.Page(len(s.e.nodes))
	if s.number < shards-1 {
		end = min(end, s.first+link.Page(s.e.width))
	}
	return end
}

// take lets a parcel take effect. New links come first, so that nobody leaves V who
// is about to come back.
func (s *shard) take(p parcel) {
	if p.links > 0 {
		s.countIn(p.to, p.links)
	}
	s.spread(p.to, p.delta)
	if p.links < 0 {
		s.countIn(p.to, p.links)
	}
}

// spread adds δ to the residual of each page of row. It is what the engine spends its
// time on.
func (s *shard) spread(row []uint32, delta float64) {
	nodes, slack, first := s.e.nodes, s.e.slack, uint32(s.first)
	for len(row) > 0 {
		part := row[:min(len(row), run)]
		row = row[len(part):]
		grown := 0.0
		for _, v := range part {
			n := &nodes[v]
			if n.flags&isAlias != 0 {
				s.forward(link.Page(v), delta)
				s.residual.add(-delta) // which is added below
				continue
			}
			old := n.r
			now := old + delta
			n.r = now
			size := math.Abs(now)
			grown += size - math.Abs(old)
			i := v - first
			if size > s.ceiling[i/block] {
				s.exceed(link.Page(v), n)
			}
			if math.Abs(n.x+now-n.told) > slack*n.told {
				s.moved[i/64] |= 1 << (i % 64)
			}
		}
		s.size.add(grown)
		s.residual.add(delta * float64(len(part)))
		lost := 6*math.Abs(delta) + s.e.threshold // exceed counts those of more
		s.inexact(lost, float64(len(part))*(lost+run*math.Abs(delta)))
	}
}

// run is how many terms spread adds up plainly before it compensates.
const run = 64

// bump adds δ, which came about by at most four roundings, to the residual of the
// member p.
func (s *shard) bump(p link.Page, delta float64) {
	if delta == 0 {
		return
	}
	n := &s.e.nodes[p]
	old := n.r
	n.r += delta
	s.size.add(math.Abs(n.r) - math.Abs(old))
	s.residual.add(delta)
	lost := 6*math.Abs(delta) + math.Abs(n.r)
	s.inexact(lost, lost)
	s.settle(p, n)
}

// settle sees to it that p is queued or counts for the ceiling, and is handed out if
// it has moved.
func (s *shard) settle(p link.Page, n *node) {
	if math.Abs(n.r) > s.ceiling[(p-s.first)/block] {
		s.exceed(p, n)
	}
	if n.moved(s.e.slack) {
		s.touch(p)
	}
}

// exceed lets p wait for a push if it needs one, or raises the ceiling.
func (s *shard) exceed(p link.Page, n *node) {
	size := math.Abs(n.r)
	s.inexact(size, size) // spread counts no more than the threshold for each page
	switch {
	case n.flags&isQueued != 0:
	case size > s.e.threshold && n.flags&isMember != 0:
		n.flags |= isQueued
		s.enqueue(s.e.tier(n, size), p)
	default:
		s.ceiling[(p-s.first)/block] = size
	}
}

// touch lets p be handed out if it differs in any way from what was.
func (s *shard) touch(p link.Page) {
	i := uint32(p - s.first)
	s.moved[i/64] |= 1 << (i % 64)
}

// eachMoved calls fn for the pages that may have to be handed out, ascending, and
// forgets them.
func (s *shard) eachMoved(fn func(link.Page)) {
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

// forward hands on what comes for the alias v.
func (s *shard) forward(v link.Page, delta float64) {
	f := s.e.forward[v]
	f.brought.add(delta)
	if s.e.number(f.root) == s.number {
		s.bump(f.root, delta)
		return
	}
	s.gifts = append(s.gifts, gift{to: f.root, delta: delta})
}

// countIn counts links that now lead (by = 1) or no longer lead (−1) to each of row.
func (s *shard) countIn(row []uint32, by int) {
	for _, v := range row {
		p := link.Page(v)
		if s.e.nodes[p].flags&isAlias != 0 {
			f := s.e.forward[p]
			f.links += uint32(by)
			if p = f.root; s.e.number(p) != s.number {
				s.gifts = append(s.gifts, gift{to: p, links: by})
				continue
			}
		}
		s.e.nodes[p].in += uint32(by)
		s.reconsider(p)
	}
}

// reconsider lets p join or leave V by what is known of it now.
func (s *shard) reconsider(p link.Page) {
	n := &s.e.nodes[p]
	want := n.flags&isAlias == 0 && (n.flags&isCrawled != 0 || n.in > 0 || s.degree(p) > 0)
	if want == (n.flags&isMember != 0) {
		return
	}
	if want {
		n.flags |= isMember
		n.x, n.r = s.e.rest, 0
		s.count(p, +1)
	} else {
		s.count(p, -1)
		n.x, n.r = 0, 0
		n.flags &^= isMember
	}
	s.touch(p)
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
		highest.measure(at)
		known = max(known, highest.ceiling[at])
	}
}

// measure sets the ceiling of a block to what it is now.
func (s *shard) measure(at int) {
	most := 0.0
	for p := s.first + link.Page(at*block); p < min(s.first+link.Page((at+1)*block), s.end()); p++ {
		if n := &s.e.nodes[p]; n.flags&isQueued == 0 {
			most = max(most, math.Abs(n.r))
		}
	}
	s.ceiling[at] = most
}
