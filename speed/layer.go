package speed

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Layer is the speed layer of one process. [Layer.Run] runs it.
type Layer struct {
	opt     Options
	metrics *metrics
	faults  faults

	// What a term leaves to the next one, for the case that nobody else publishes
	// in between.
	kept  *state
	epoch int64 // with which kept was published
	fresh freshness
	stood int64 // generation of the last session's state
}

// New returns a Layer, or an error that names every option that is wrong.
func New(o Options) (*Layer, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("configure speed layer: %w", err)
	}
	m := newMetrics(o.Registerer, o.Now)
	return &Layer{opt: o, metrics: m, faults: faults{log: o.Logger, count: m.failures, last: map[string]string{}}}, nil
}

// Run waits for the lease, publishes as long as it has it, and begins anew when
// it is lost, until ctx ends. It returns nil then: nothing that happens to the
// log, to Postgres or to a generation's files ends it.
func (l *Layer) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		lease, ok, err := l.opt.View.TryAcquire(ctx)
		l.faults.report(ctx, attemptLease, err)
		if err == nil && !ok {
			l.opt.Logger.DebugContext(ctx, "another speed layer is active; waiting")
			l.kept = nil // the other one publishes; what we hold is getting old
			l.metrics.standBy()
		}
		if err != nil || !ok {
			wait(ctx, l.opt.Retry, nil)
			continue
		}
		l.opt.Logger.InfoContext(ctx, "acquired lease", "epoch", lease.Epoch())
		l.metrics.leader.Set(1)
		l.term(ctx, lease)
		l.metrics.leader.Set(0)
		l.metrics.enter(phaseStandby)
		lease.Release()
	}
	return nil
}

// term is the time of one lease: sessions, one after the other.
func (l *Layer) term(ctx context.Context, lease Lease) {
	ctx, cancel := context.WithCancelCause(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel(nil)
	wake := make(chan struct{}, 1)
	group.Go(func() {
		l.opt.View.Watch(ctx, func() {
			select {
			case wake <- struct{}{}:
			default: // one is waiting already
			}
		})
	})
	group.Go(func() {
		select {
		case <-lease.Lost():
			cancel(errLeaseLost)
		case <-ctx.Done():
		}
	})
	for ctx.Err() == nil {
		err := l.session(ctx, lease.Epoch(), wake)
		switch {
		case ctx.Err() != nil:
			if errors.Is(context.Cause(ctx), errLeaseLost) {
				l.opt.Logger.WarnContext(ctx, "lost lease", "epoch", lease.Epoch())
			}
			return
		case errors.Is(err, ErrFenced):
			l.opt.Logger.WarnContext(ctx, "fenced off", "epoch", lease.Epoch(), "error", err)
			l.kept = nil
			return
		}
		l.kept = nil
		l.pause(ctx, err)
	}
}

var errLeaseLost = errors.New("connection that holds the lease was lost")

// pause waits until a session that ended with err is worth another try.
func (l *Layer) pause(ctx context.Context, err error) {
	l.metrics.enter(phaseTrouble)
	l.faults.report(ctx, attemptView, err, "generation", l.stood)
	truncated := (*TruncatedError)(nil)
	if !errors.As(err, &truncated) {
		wait(ctx, l.opt.Retry, nil)
		return
	}
	// Only a newer generation helps, or the operator; both are rare. Reading the
	// whole generation again every second is no help.
	for range 60 {
		wait(ctx, l.opt.Poll, nil)
		if now, ok, err := l.opt.View.Active(ctx); ctx.Err() != nil || err == nil && ok && now.Number != l.stood {
			return
		}
	}
}

// wait returns after d, when wake is signalled or when ctx ends.
func wait(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-wake:
	case <-ctx.Done():
	}
}
