package batch

import (
	"context"
	"errors"
	"fmt"
)

// RunOnce requests a run and sees it through: it executes the run itself if the
// lease is free, and follows the one who holds it otherwise, unless Options.Here. If a run is open
// already it returns an [*OpenError], unless nobody is there to execute that
// one; then this does. watch, if set, is told of progress, from several
// goroutines but one at a time. The error is nil only for a run that succeeded.
//
// Should ctx end, a run that is executed here is cancelled; one that is followed
// goes on.
func (r *Runner) RunOnce(ctx context.Context, watch func(Run)) (Run, error) {
	run, err := r.runOnce(ctx, watch)
	switch {
	case err != nil:
		return run, fmt.Errorf("run batch: %w", err)
	case run.State == Cancelled:
		return run, fmt.Errorf("run %s: %w", run.ID, ErrCancelled)
	case run.State != Succeeded:
		return run, fmt.Errorf("run %s failed: %s", run.ID, run.Error)
	}
	return run, nil
}

func (r *Runner) runOnce(ctx context.Context, watch func(Run)) (Run, error) {
	lease, err := r.o.View.Acquire(ctx)
	if err != nil && (r.o.Here || !errors.Is(err, ErrLeaseHeld)) {
		return Run{}, err
	}
	run, reqErr := r.o.View.Request(ctx, Request{Trigger: Manual, At: r.o.now()})
	if err == nil {
		// Holding the lease, what is open can only be queued: as good as ours.
		return r.hold(ctx, lease, run.ID, reqErr, watch)
	}
	if reqErr != nil {
		return Run{}, reqErr
	}
	return r.followRun(ctx, run, watch)
}

// hold executes the queued run under a lease, and releases it.
func (r *Runner) hold(ctx context.Context, lease Lease, id string, err error, watch func(Run)) (run Run, _ error) {
	defer func() {
		if err := r.release(ctx, lease); err != nil {
			r.o.Logger.WarnContext(ctx, "batch lease not released in good order", "error", err)
		}
	}()
	if err != nil && !errors.Is(err, ErrRunOpen) {
		return Run{}, err
	}
	guarded, stop := guard(ctx, lease)
	defer stop()
	run, ok, err := r.o.View.Take(guarded, lease.Epoch())
	if err != nil {
		return Run{}, err
	}
	if !ok { // cancelled meanwhile
		return Run{ID: id, State: Cancelled}, nil
	}
	return r.execute(guarded, lease, run, Cancelled, watch), nil
}

// followRun waits for the end of a run that another executes. Should that one go
// away, the run is executed here.
func (r *Runner) followRun(ctx context.Context, run Run, watch func(Run)) (Run, error) {
	for {
		now, err := r.o.View.Run(ctx, run.ID)
		if err != nil {
			return run, err
		}
		if run = now; watch != nil {
			watch(run)
		}
		if !run.State.Open() {
			return run, nil
		}
		lease, err := r.o.View.Acquire(ctx)
		if err == nil {
			if now, err = r.o.View.Run(ctx, run.ID); err == nil && now.State == Queued {
				return r.hold(ctx, lease, run.ID, nil, watch)
			}
			err = r.release(ctx, lease)
		}
		if err != nil && !errors.Is(err, ErrLeaseHeld) {
			return run, err
		}
		if !sleep(ctx, r.o.Poll) {
			return run, ctx.Err()
		}
	}
}
