package speed

import (
	"context"
	"errors"
	"fmt"

	"freshrank/pagerank/linkgraph"
)

const (
	// shortTail is how many events are applied in one go before a rebased state
	// takes over; more than that are worked off beside the session first.
	shortTail = 20_000
	// maxRounds of working off beside; events that come faster than that are
	// the takeover's.
	maxRounds = 5
	// maxTail is how many links and events are remembered at most, some 100 bytes
	// each: after that the log has to wait.
	maxTail = 10_000_000
	// adoptStep is how many pages and links the session adopts before it looks at other
	// things: some 10 ms.
	adoptStep = 20_000
	// failedLoads are tried again after this many Retry intervals: a load reads
	// the whole generation.
	failedLoads = 10
)

// rebase is the way of a new generation's state from its files to the view. The
// state changes hands: it belongs to the rebaser from the moment one is started
// until its result has come back, and to the session in between. Batches that
// come meanwhile are applied to the old state, which goes on being published, and
// remembered for the new one.
//
//	rebaser  load files
//	session  adopt the old state's events, by steps; from here on remember batches
//	rebaser  set every touched page, push, stage the view
//	session  few batches to catch up with: take over
//	rebaser  otherwise apply those, push, and again
type rebase struct {
	gen   Generation
	state *state
	done  chan rebaseResult // buffered: a rebaser never waits
	tail  []decoded

	adoption *linkgraph.Rebasing // under way

	events int // in tail
	size   int // of tail: events and their links
	rounds int
	ready  bool // state waits to take over
}

type rebaseResult struct {
	state *state
	err   error
}

func (r *rebase) remember(d decoded) {
	if r.state != nil {
		r.tail = append(r.tail, d)
		r.events += len(d.events)
		for _, e := range d.events {
			r.size += 1 + len(e.Links)
		}
	}
}

// beginRebase starts a rebase if gen is not what the live state stands on.
func (s *session) beginRebase(ctx context.Context, gen Generation) error {
	if gen.Number == s.live.gen.Number || s.next != nil || s.opt.Now().Before(s.notBefore) {
		return nil
	}
	if !gen.Cut.Covers(s.live.gen.Cut) {
		return fmt.Errorf("rebase on generation %d: its cut %v lies before that of generation %d, %v: events between are to be read again",
			gen.Number, gen.Cut, s.live.gen.Number, s.live.gen.Cut)
	}
	s.opt.Logger.InfoContext(ctx, "rebasing", "from", s.live.gen.Number, "to", gen.Number, "cut", gen.Cut, "offsets", s.live.applied)
	n := &rebase{gen: gen, done: make(chan rebaseResult, 1)}
	s.next = n
	epsilon := s.control.now
	s.group.Go(func() {
		st, err := s.load(ctx, gen, epsilon)
		n.done <- rebaseResult{st, err}
	})
	return nil
}

// advanceRebase takes in what a rebaser has done and decides what comes next.
func (s *session) advanceRebase(ctx context.Context, r rebaseResult) error {
	n := s.next
	if errors.Is(r.err, ErrFenced) {
		return r.err
	}
	s.faults.report(ctx, attemptRebase, r.err, "generation", n.gen.Number, "cut", n.gen.Cut)
	if r.err != nil {
		s.next, s.notBefore = nil, s.opt.Now().Add(failedLoads*s.opt.Retry)
		return nil
	}
	if n.state == nil {
		n.state = r.state
		n.adoption = n.state.adopt(s.live)
		return nil
	}
	if n.events > shortTail && n.rounds < maxRounds {
		tail := n.tail
		n.tail, n.events, n.size, n.rounds = nil, 0, 0, n.rounds+1
		s.rebaser(ctx, func() error {
			for _, d := range tail {
				n.state.apply(d)
			}
			return s.prepare(ctx, n.state)
		})
		return nil
	}
	n.ready, s.due = true, true
	return nil
}

// adoptSome takes a step of the adoption. All at once would hold up the session for
// seconds.
func (s *session) adoptSome(ctx context.Context) {
	n := s.next
	if !n.adoption.Step(adoptStep) {
		return
	}
	n.state.overlay, n.adoption = n.adoption.To, nil
	s.rebaser(ctx, func() error {
		n.state.set(n.state.overlay.Touched())
		return s.prepare(ctx, n.state)
	})
}

func (s *session) rebaser(ctx context.Context, work func() error) {
	n := s.next
	s.group.Go(func() { n.done <- rebaseResult{n.state, work()} })
}

// prepare pushes what is due in st and stages its view if that has not been done.
// If that fails the rebase is given up, and with it the tail that grows meanwhile.
func (s *session) prepare(ctx context.Context, st *state) error {
	for !st.settled && ctx.Err() == nil {
		st.push(ctx, int64(s.opt.PushBudget))
	}
	if st.view != 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	// Nobody reads its header before the switch writes another one.
	p, err := st.publication(s.epoch, freshness{}, stagedRows)
	if err != nil {
		return err
	}
	r := s.write(ctx, p)
	if r.err == nil {
		st.view = r.staged
		clear(st.pending)
	}
	return r.err
}

// takeOver makes the rebased state the live one, if it is ready. The caller
// publishes it at once; the old state's last publication is complete, so serving
// sees the old pair until that very transaction.
func (s *session) takeOver() {
	if s.next == nil || !s.next.ready {
		return
	}
	n := s.next
	for _, d := range n.tail {
		n.state.apply(d)
	}
	n.state.setEpsilon(s.control.now)
	n.state.asOf = later(n.state.asOf, s.live.asOf)
	s.live, s.next = n.state, nil
	s.due = true
}
