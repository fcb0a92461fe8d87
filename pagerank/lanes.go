package pagerank

import (
	"runtime"
	"sync"
	"sync/atomic"

	"freshrank/pagerank/parallel"
)

// Gauss–Seidel reads what it has just written, so its result depends on who was
// faster, unless that is ruled out. A large block is cut into lanes, contiguous
// ranges of places, and each lane into rounds. All lanes sweep their first round at
// the same time, then all their second, and so on. A link between two lanes of the
// same round must not read a value that is being written: it reads a ghost, a copy
// from before the sweep, at place len(order) + u instead of u. All other links read
// values that no one writes in this round. So the result is that of one fixed order,
// with a few links that lag by one sweep, whatever the number of workers.

// divide cuts b into lanes and redirects the links that need it to ghosts.
func (s *Solver) divide(b *block) {
	const perRound = 1 << 15 // links that are worth a barrier
	lanes := min(max(b.links>>18, 2), 8)
	rounds := min(max(b.links/(lanes*perRound), 1), 16)
	work := b.links + 4*(b.hi-b.lo)
	b.lanes = make([][]int, lanes)
	cell := make([]uint8, b.hi-b.lo) // round<<3 | lane
	v, done := b.lo, 0
	for lane := range lanes {
		for round := range rounds {
			b.lanes[lane] = append(b.lanes[lane], v)
			from := v
			for limit := (lane*rounds + round + 1) * work / (lanes * rounds); v < b.hi && done < limit; v++ {
				done += 4 + int(s.in.Start[v+1]-s.own[v])
			}
			for i := from; i < v; i++ {
				cell[i-b.lo] = uint8(round<<3 | lane)
			}
		}
		b.lanes[lane] = append(b.lanes[lane], v)
	}
	back := make([]int, lanes*rounds)
	parallel.Each(s.workers, lanes*rounds, func(i int) {
		lane, round := i%lanes, i/lanes
		from, to := b.lanes[lane][round], b.lanes[lane][round+1]
		back[i] = s.backward(from, to)
		for v := from; v < to; v++ {
			row := s.inner(v)
			for k, u := range row {
				// The same round, another lane.
				if differs := cell[int(u)-b.lo] ^ uint8(round<<3|lane); differs > 0 && differs < 8 {
					row[k] += uint32(len(s.order))
				}
			}
		}
	})
	count := 0
	for _, c := range back {
		count += c
	}
	b.setBack(count)
}

// parts calls do for every lane of every round of b, in any order.
func (b *block) parts(workers int, do func(lane, round, from, to int)) {
	lanes := len(b.lanes)
	parallel.Each(workers, lanes*(len(b.lanes[0])-1), func(i int) {
		lane, round := i%lanes, i/lanes
		do(lane, round, b.lanes[lane][round], b.lanes[lane][round+1])
	})
}

// patience is how often a worker looks whether a round has ended before it goes to
// sleep: some 100 µs, as a round of a small block is over before a sleeper has woken.
const patience = 100_000

// rounds calls do for every lane of every round of b, and none of a round before all
// of the round before it have returned.
func (b *block) rounds(workers int, do func(lane, round, from, to int)) {
	lanes := len(b.lanes)
	total := lanes * (len(b.lanes[0]) - 1)
	var done atomic.Int64
	var mu sync.Mutex
	turn := sync.NewCond(&mu)
	parallel.Each(min(workers, lanes, runtime.GOMAXPROCS(0)), total, func(i int) {
		lane, round := i%lanes, i/lanes
		ready := func() bool { return done.Load() >= int64(round*lanes) }
		for spin := 0; spin < patience && !ready(); spin++ {
		}
		if !ready() {
			mu.Lock()
			for !ready() {
				turn.Wait()
			}
			mu.Unlock()
		}
		do(lane, round, b.lanes[lane][round], b.lanes[lane][round+1])
		if done.Add(1)%int64(lanes) == 0 {
			mu.Lock()
			turn.Broadcast()
			mu.Unlock()
		}
	})
}
