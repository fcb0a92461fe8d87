package batch

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"
)

// tracker keeps a run's progress, writes it to the run's record, and learns
// there that the run is to be cancelled.
type tracker struct {
	r     *Runner
	epoch int64
	run   Run
	end   context.CancelCauseFunc // of the run's context
	watch func(Run)               // may be nil
	begun time.Time               // of the phase

	sending sync.Mutex // or an older record could overwrite a newer one

	mu      sync.Mutex
	p       Progress
	changed bool
}

// share of the whole run that is done when a phase begins, by what the phases
// take for a graph of some million links. A rule of thumb for a progress bar.
var share = map[Phase]float64{PhaseArchive: 0, PhaseFold: 0.15, PhaseRank: 0.35, PhasePublish: 0.7, PhaseDone: 1}

var following = map[Phase]Phase{PhaseArchive: PhaseFold, PhaseFold: PhaseRank, PhaseRank: PhasePublish, PhasePublish: PhaseDone}

// enter begins a phase and records it at once, so that every phase is seen and a
// run can be cancelled between any two.
func (t *tracker) enter(ctx context.Context, p Phase) error {
	t.leave()
	t.update(func(q *Progress) { q.Phase, q.Done = p, max(q.Done, share[p]) })
	t.send(ctx)
	return context.Cause(ctx)
}

// leave ends the phase's clock.
func (t *tracker) leave() {
	now := t.r.o.now()
	if p := t.progress().Phase; !t.begun.IsZero() {
		t.r.m.phase.WithLabelValues(string(p)).Observe(now.Sub(t.begun).Seconds())
	}
	t.begun = now
}

// done sets how much of the present phase is done, 0 … 1.
func (t *tracker) done(part float64) {
	t.update(func(q *Progress) { q.within(part) })
}

func (q *Progress) within(part float64) {
	if part >= 0 && part <= 1 {
		from, to := share[q.Phase], share[following[q.Phase]]
		q.Done = max(q.Done, from+part*(to-from))
	}
}

// sweep records a sweep of the rank phase. The bound falls by about the same
// factor every sweep, so that its logarithm measures progress.
func (t *tracker) sweep(n int, first, bound, tolerance float64) {
	t.update(func(q *Progress) {
		q.Sweeps, q.Bound = n, bound
		q.within(math.Log(first/bound) / math.Log(first/tolerance))
	})
}

func (t *tracker) update(f func(*Progress)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f(&t.p)
	t.changed = true
}

func (t *tracker) progress() Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.p
}

const (
	reportEvery = 200 * time.Millisecond // a changed progress is written no more often
	askEvery    = time.Second            // an unchanged one is written all the same, to learn of a cancel
)

// follow reports until ctx is done.
func (t *tracker) follow(ctx context.Context, wake <-chan struct{}) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for idle := time.Duration(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-tick.C:
			t.mu.Lock()
			changed := t.changed
			t.mu.Unlock()
			if idle += reportEvery; !changed && idle < askEvery {
				continue
			}
		}
		idle = 0
		t.send(ctx)
	}
}

// send writes the record once. That Postgres is away for a moment does not end
// the run; that the run is no longer ours does.
func (t *tracker) send(ctx context.Context) {
	t.sending.Lock()
	defer t.sending.Unlock()
	t.mu.Lock()
	p := t.p
	t.changed = false
	t.mu.Unlock()
	cancel, err := t.r.o.View.Report(ctx, t.epoch, t.run.ID, p)
	switch {
	case errors.Is(err, ErrFenced):
		t.end(ErrFenced)
	case err != nil && ctx.Err() == nil:
		t.r.o.Logger.WarnContext(ctx, "batch run's progress not recorded", "run", t.run.ID, "error", err)
	case cancel:
		t.end(ErrCancelled)
	}
	if t.watch != nil {
		run := t.run
		run.Progress = p
		t.watch(run)
	}
}
