package batch

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"sync"
	"time"
)

// tracker keeps a run's progress, writes it to the run's record, and learns
// there that the run is to be cancelled.
type tracker struct {
	r     *Runner
	log   *slog.Logger // says which run, and of which generation and cut once that is known
	epoch int64
	run   Run
	end   context.CancelCauseFunc // of the run's context
	watch func(Run)               // may be nil

	sending sync.Mutex // or an older record could overwrite a newer one

	mu      sync.Mutex
	p       Progress
	pace    pace
	changed bool
}

// enter begins a phase and records it at once, so that every phase is seen and a
// run can be cancelled between any two.
func (t *tracker) enter(ctx context.Context, p Phase) error {
	t.leave()
	t.r.m.enter(p)
	t.update(func(q *Progress) { q.Phase, q.Unit = p, "" })
	t.done(0)
	t.send(ctx)
	return context.Cause(ctx)
}

// leave ends the phase's clock.
func (t *tracker) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if took, ok := t.pace.leave(t.p.Phase, t.r.o.now()); ok {
		t.r.m.phaseSeconds.WithLabelValues(string(t.p.Phase)).Observe(took)
		t.log.Info("batch phase ended", "phase", t.p.Phase, "seconds", took)
	}
}

// about says what the run's lines in the log are about from now on.
func (t *tracker) about(attributes ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log = t.log.With(attributes...)
}

// expect says how long the phases will take.
func (t *tracker) expect(s Seconds) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pace.expect = s
}

// done sets how much of the present phase is done, 0 … 1.
func (t *tracker) done(part float64) {
	t.update(func(q *Progress) {
		if part >= t.pace.part && part <= 1 {
			t.pace.part = part
			q.Done = max(q.Done, t.pace.done(q.Phase))
			t.r.m.progress.Set(q.Done)
		}
	})
}

// count says how much of what it works on the present phase has behind it.
func (t *tracker) count(unit string, n float64) {
	t.update(func(q *Progress) {
		t.r.m.work.WithLabelValues(string(q.Phase)).Add(max(n-t.pace.counted, 0))
		q.Unit, t.pace.counted = unit, n
	})
}

// sweep records a sweep of the rank phase over a number of links. The bound falls
// by about the same factor every sweep, so that its logarithm measures progress.
func (t *tracker) sweep(n int, first, bound, tolerance float64, links int) {
	t.update(func(q *Progress) { q.Sweeps, q.Bound = n, bound })
	t.count("links", float64(n)*float64(links))
	t.done(math.Log(first/bound) / math.Log(first/tolerance))
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

// took returns how long the phases took.
func (t *tracker) took() Seconds {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pace.took
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
	now := t.r.o.now()
	t.p.Rate, t.p.Left = t.pace.rate(now), t.pace.left(t.p.Phase, now)
	p, log := t.p, t.log
	if p.Rate == 0 {
		p.Unit = ""
	}
	t.changed = false
	t.mu.Unlock()
	cancel, err := t.r.o.View.Report(ctx, t.epoch, t.run.ID, p)
	switch {
	case errors.Is(err, ErrFenced):
		t.end(ErrFenced)
	case err != nil && ctx.Err() == nil:
		log.WarnContext(ctx, "batch run's progress not recorded", "error", err)
	case cancel:
		t.end(ErrCancelled)
	}
	if t.watch != nil {
		run := t.run
		run.Progress = p
		t.watch(run)
	}
}
