package batch

import (
	"context"
	"errors"
	"time"
)

// execute does one run that was taken, to its end. It returns the run as it was
// left. Should ctx end, the run is left in state interrupted: Queued for whoever
// comes next, or Cancelled. watch, if set, is told of progress.
func (r *Runner) execute(ctx context.Context, lease Lease, run Run, interrupted State, watch func(Run)) Run {
	log := r.o.Logger.With("run", run.ID, "trigger", run.Trigger)
	log.InfoContext(ctx, "batch run begins")
	begun := r.o.now()

	work, end := context.WithCancelCause(ctx)
	defer end(context.Canceled)
	t := &tracker{r: r, log: log, epoch: lease.Epoch(), run: run, end: end, watch: watch, p: run.Progress}
	following, stop := context.WithCancel(work)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		t.follow(following, lease.Wake())
	}()
	g, err := r.generate(work, lease.Epoch(), t)
	t.leave()
	stop()
	<-stopped
	defer r.m.enter(phaseIdle)

	run.Progress = t.progress()
	run.Rate, run.Unit, run.Left = 0, "", 0
	if err != nil {
		run = r.failed(ctx, lease, run, cause(work, err), interrupted)
	} else {
		run.State, run.Phase, run.Done = Succeeded, PhaseDone, 1
		r.m.saw(g)
		if err := r.o.View.Timed(ctx, run.ID, t.took()); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "times of a batch run not recorded", "error", err)
		}
		r.retire(ctx, g.Number)
	}
	(&forecast{Runner: r, report: said{log: r.o.Logger}}).renew(ctx, lease.Epoch())
	if !run.State.Open() {
		r.m.runs.WithLabelValues(string(run.State)).Inc()
	}
	log = log.With("state", run.State, "generation", run.Generation, "sweeps", run.Sweeps,
		"events", run.Events, "took", r.o.now().Sub(begun))
	if run.State == Failed {
		log.ErrorContext(ctx, "batch run failed", "phase", run.Phase, "reason", run.Error)
	} else {
		log.InfoContext(ctx, "batch run ended", "bound", run.Bound)
	}
	return run
}

// cause returns why the run's context ended, if that is why the run did; err
// otherwise.
func cause(work context.Context, err error) error {
	if c := context.Cause(work); c != nil {
		return c
	}
	return err
}

// failed records the end of a run that published nothing and removes its files,
// in this order: only when the record says so is it certain that no transaction
// of ours is still about to publish them.
func (r *Runner) failed(ctx context.Context, lease Lease, run Run, err error, interrupted State) Run {
	state, reason := Failed, err.Error()
	switch {
	case errors.Is(err, ErrFenced), errors.Is(err, ErrLeaseLost):
		// The run and its files are the next holder's to clear up.
		run.State, run.Error = Failed, "abandoned: "+reason
		return run
	case errors.Is(err, ErrCancelled):
		state, reason = Cancelled, ""
	case ctx.Err() != nil:
		state, reason = interrupted, ""
	}
	ended, over := r.finish(ctx, lease, run, state, reason)
	run.State, run.Error = state, reason
	switch {
	case !ended:
		run.State, run.Error = Failed, "abandoned: its end could not be recorded: "+err.Error()
	case over.State == Succeeded:
		// Published after all: the answer to our COMMIT was what got lost.
		return over
	case run.Generation > 0:
		attempt, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
		defer cancel()
		if err := r.o.Files.Remove(attempt, run.Generation); err != nil {
			r.o.Logger.WarnContext(ctx, "files of a failed batch run stay until the next run",
				"run", run.ID, "generation", run.Generation, "error", err)
		}
	}
	return run
}

// finish records the end of a run, for as long as it takes and the lease is
// ours: a record that stays running would bar all others. false if it could not.
func (r *Runner) finish(ctx context.Context, lease Lease, run Run, s State, reason string) (ended bool, over Run) {
	for {
		attempt, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
		ended, err := r.o.View.Finish(attempt, lease.Epoch(), run.ID, s, reason, run.Progress)
		if err == nil && !ended {
			over, err = r.o.View.Run(attempt, run.ID)
			ended = over.State == Succeeded
		}
		cancel()
		if err == nil {
			return ended, over
		}
		r.o.Logger.WarnContext(ctx, "end of a batch run not recorded", "run", run.ID, "error", err)
		if ctx.Err() != nil {
			return false, over
		}
		select {
		case <-lease.Lost():
			return false, over
		case <-ctx.Done(): // one more attempt
		case <-time.After(r.o.Poll):
		}
	}
}
