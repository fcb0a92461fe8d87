package speed

import (
	"context"
	"sync"
	"time"
)

// session is one following of the log, until the lease or the log's continuity
// is lost. One goroutine runs it and owns all of its fields; what takes long is
// done beside it, and comes back through a channel:
//
//	follower  reads and decodes the next micro-batch
//	writer    one transaction at a time; meanwhile batches go on being applied
//	rebaser   builds the state on a new generation, see rebase.go
//
// A state passes through three stages. It catches up until it covers all that is
// committed. It is staged: written whole as a view that nobody reads. It is
// switched to, together with what changed since, and from then on updated.
type session struct {
	*Layer
	epoch     int64
	live      *state
	committed Current // what live must cover before it may take over
	control   epsilonControl
	pace      pace
	seen      load // since the last adjustment

	batches     chan decoded
	followed    chan error // why the follower ended
	generations chan Generation

	due     bool             // there may be something to publish
	writing bool             // a writer is at work
	written chan writeResult // buffered: a writer never waits
	hold    <-chan time.Time // no write before this, after one that failed or kept values back

	next      *rebase // nil if none is under way
	notBefore time.Time

	group   sync.WaitGroup
	closing bool // nothing more is to be started
}

// session starts where the kept state stands, or from the active generation, for
// which it waits if there is none.
func (l *Layer) session(ctx context.Context, epoch int64, wake <-chan struct{}) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	s := &session{
		Layer: l, epoch: epoch, control: epsilonControl{min: l.opt.EpsilonMin, max: l.opt.EpsilonMax, now: l.opt.EpsilonMin},
		pace:    pace{fewRows},
		batches: make(chan decoded), followed: make(chan error, 1), generations: make(chan Generation),
		written: make(chan writeResult, 1),
	}
	defer func() { cancel(); s.close(ctx) }()
	s.metrics.enter(phaseLoad)
	s.group.Go(func() { s.lookForGenerations(ctx, wake) })
	if err := s.start(ctx); err != nil {
		return err
	}
	return s.run(ctx)
}

// start makes the first state and begins to follow the log.
func (s *session) start(ctx context.Context) error {
	current, found, err := s.opt.View.Current(ctx)
	if err != nil {
		return err
	}
	s.committed = current
	if s.kept != nil && found && current.View == s.kept.view && current.Epoch == s.Layer.epoch {
		s.live, s.kept = s.kept, nil
		s.control.now = s.live.engine.Epsilon()
		s.follow(ctx)
		s.opt.Logger.InfoContext(ctx, "going on with the state in memory", "generation", s.live.gen.Number, "offsets", s.live.applied)
		return nil
	}
	// A record between what is committed and the cut is in the generation, but
	// nobody has looked yet whether it belongs among the dead letters.
	s.kept, s.fresh = nil, freshness{read: current.Offsets}
	select {
	case gen := <-s.generations:
		if s.live, err = s.load(ctx, gen, s.control.now); err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	s.opt.Logger.InfoContext(ctx, "loaded generation", "generation", s.live.gen.Number, "cut", s.live.gen.Cut, "committed", current.Offsets)
	s.follow(ctx)
	return nil
}

func (s *session) run(ctx context.Context) error {
	heartbeat := time.NewTicker(s.opt.Heartbeat)
	defer heartbeat.Stop()
	always := make(chan struct{})
	close(always)
	phase := ""
	for {
		if err := s.publish(ctx); err != nil {
			return err
		}
		if now := s.phase(); now != phase {
			phase = now
			s.metrics.enter(phase)
		}
		var unsettled, adopting, rebased = (<-chan struct{})(nil), (<-chan struct{})(nil), (<-chan rebaseResult)(nil)
		if !s.live.settled && s.mayPublish() {
			unsettled = always
		}
		if s.next != nil {
			rebased = s.next.done
			if s.next.adoption != nil {
				adopting = always
			}
		}
		var err error
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case err = <-s.followed:
		case d := <-s.readable():
			s.take(ctx, d)
		case <-unsettled:
			s.push(ctx)
		case r := <-s.written:
			err = s.finish(ctx, r)
		case <-s.hold:
			s.hold = nil
		case <-heartbeat.C:
			s.adjust()
		case gen := <-s.generations:
			err = s.beginRebase(ctx, gen)
		case r := <-rebased:
			err = s.advanceRebase(ctx, r)
		case <-adopting:
			s.adoptSome(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// readable returns where the next batch comes from; nil, which has the log wait,
// while a rebase has as much to catch up with as memory should hold, or the next
// publication as much as a database should be asked to take at once.
func (s *session) readable() <-chan decoded {
	if s.full() {
		return nil
	}
	return s.batches
}

func (s *session) full() bool {
	return s.next != nil && s.next.size > maxTail || s.mayPublish() && s.live.unsaid > 2*max(s.pace.rows, tolerated)
}

// take applies a micro-batch. A state that is still catching up does not push:
// one push over many batches costs far less than one after each.
func (s *session) take(ctx context.Context, d decoded) {
	s.metrics.events.Add(float64(s.live.apply(d)))
	s.fresh.observe(d, s.live.applied)
	s.metrics.lagEvents.Set(float64(s.live.applied.Behind(s.fresh.end())))
	if s.next != nil {
		s.next.remember(d)
	}
	if s.mayPublish() {
		s.push(ctx)
		s.due = s.due || len(d.events)+len(d.dead) > 0
	}
}

func (s *session) push(ctx context.Context) {
	e := s.live.engine
	pushes, ops := e.Pushes, e.EdgeOps
	s.live.push(ctx, int64(s.opt.PushBudget))
	s.seen.settled = s.seen.settled || s.live.settled
	s.metrics.pushes.Add(float64(e.Pushes - pushes))
	s.metrics.linkOps.Add(float64(e.EdgeOps - ops))
	s.due = s.due || e.Pushes > pushes
}

// mayPublish reports whether nothing that is committed would be taken back.
func (s *session) mayPublish() bool {
	return s.live.switched || s.live.applied.Covers(s.committed.Offsets)
}

// phase is what metrics call the session's stage.
func (s *session) phase() string {
	switch {
	case !s.mayPublish():
		return phaseCatchUp
	case s.next != nil:
		return phaseRebase
	}
	return phaseFollow
}

// adjust runs at every heartbeat.
func (s *session) adjust() {
	s.due = true
	if s.mayPublish() {
		s.seen.behind, s.seen.full = s.live.applied.Behind(s.fresh.end()), s.full()
		s.seen.settled = s.seen.settled || s.live.settled
		s.live.setEpsilon(s.control.step(s.seen))
		s.seen = load{settled: s.live.settled, slack: s.seen.slack}
	}
	s.metrics.target.Set(s.control.now)
}

// close waits for everything the session started; its ctx has ended.
func (s *session) close(ctx context.Context) {
	s.closing = true
	s.group.Wait()
	if s.writing {
		// Whatever it says, the session is over; the state it leaves is what counts.
		_ = s.finish(ctx, <-s.written)
	}
	if s.live == nil {
		return
	}
	s.stood = s.live.gen.Number
	if s.live.switched {
		s.kept = s.live
	}
}
