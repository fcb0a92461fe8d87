package incremental

import (
	"slices"

	"freshrank/pagerank/link"
	"freshrank/pagerank/parallel"
)

// parcel is rank, δ each, for some pages of one shard, ascending; it comes with the
// links along which it flows (links = 1), or they go with it (−1), and with what they
// add to the weights.
type parcel struct {
	to           []uint32
	delta, carry float64
	links        int
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
	s.out[to], s.sent = append(s.out[to], p), true
}

// exchange lets all shards take what the others have for them.
func (e *Engine) exchange(workers int) {
	sent := false
	for i := range e.shards {
		sent = sent || e.shards[i].sent
	}
	if !sent {
		return
	}
	parallel.Each(workers, shards, func(i int) {
		s := &e.shards[i]
		for k := range e.shards {
			from := &e.shards[k].out[i]
			for some := range slices.Chunk(*from, ahead) {
				for _, p := range some {
					s.fetch(p.to[:min(len(p.to), run)])
				}
				for _, p := range some {
					s.take(p)
				}
			}
			clear(*from) // or old rows would stay in memory
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
		s.gifts, s.copies, s.sent = s.gifts[:0], s.copies[:0], false
	}
}

// take lets a parcel take effect. New links come first, so that nobody leaves V who
// is about to come back.
func (s *shard) take(p parcel) {
	if p.links > 0 {
		s.countIn(p.to, p.links)
	}
	if p.carry != 0 {
		for _, v := range p.to {
			s.weigh(link.Page(v), p.carry)
		}
	}
	if p.delta != 0 {
		s.spread(p.to, p.delta)
	}
	if p.links < 0 {
		s.countIn(p.to, p.links)
	}
}

// handOn gives what comes for the alias v to the page that it leads to.
func (s *shard) handOn(v link.Page, delta float64) {
	f := s.e.forward[v]
	f.brought.add(delta)
	if s.e.number(f.root) == s.number {
		s.bump(f.root, delta)
		return
	}
	s.gifts, s.sent = append(s.gifts, gift{to: f.root, delta: delta}), true
}
