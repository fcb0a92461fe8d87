package speed

import (
	"context"
	"fmt"

	"freshrank/pagerank/link"
)

// follow starts the follower: what live needs, and bad records from scan on.
func (s *session) follow(ctx context.Context, scan link.Offsets) {
	need := s.live.applied.Clone()
	in := &intake{limits: s.opt.Limits, log: s.opt.Log, told: s.committed.Offsets, metrics: s.metrics}
	s.group.Go(func() {
		err := s.opt.Log.Follow(ctx, scan.Clone(), need, func(b Batch) error {
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
		s.faults.report(ctx, "look for a generation", err)
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
