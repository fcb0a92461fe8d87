package speed

import (
	"context"
	"fmt"
)

// follow starts the follower where reading has stopped. That may be before what
// live needs: what the generation covers has not been searched for bad records.
func (s *session) follow(ctx context.Context) {
	read, need := s.fresh.read.Clone(), s.live.applied.Clone()
	in := &intake{limits: s.opt.Limits, log: s.opt.Log, told: read, metrics: s.metrics}
	s.group.Go(func() {
		err := s.opt.Log.Follow(ctx, read, need, func(b Batch) error {
			d, err := in.take(ctx, b)
			if err != nil {
				return err
			}
			select {
			case s.batches <- d:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		s.followed <- fmt.Errorf("follow log: %w", err)
	})
}

// lookForGenerations reports the active generation now, and whenever it may have
// become another one.
func (s *session) lookForGenerations(ctx context.Context, wake <-chan struct{}) {
	for waiting := false; ctx.Err() == nil; wait(ctx, s.opt.Poll, wake) {
		gen, ok, err := s.opt.View.Active(ctx)
		s.faults.report(ctx, attemptLook, err)
		if err != nil {
			continue
		}
		if !ok {
			if !waiting {
				s.opt.Logger.InfoContext(ctx, "waiting for the first generation")
			}
			waiting = true
			continue
		}
		select {
		case s.generations <- gen:
		case <-ctx.Done():
		}
	}
}
