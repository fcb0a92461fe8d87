package batch

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Runner executes runs.
type Runner struct {
	o Options
	m *metrics
}

// NewRunner returns a Runner, or all faults of o.
func NewRunner(o Options) (*Runner, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("configure batch runner: %w", err)
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, fmt.Errorf("register batch metrics: %w", err)
	}
	return &Runner{o: o, m: m}, nil
}

// Run executes runs until ctx is done, and returns nil then. While another
// process holds the lease it stands by; it takes over within Options.Poll of
// the lease becoming free. A run that ctx ends is put back in the queue.
func (r *Runner) Run(ctx context.Context) error {
	report := said{log: r.o.Logger}
	for {
		lease, err := r.o.View.Acquire(ctx)
		switch {
		case err == nil:
			report.quiet()
			r.o.Logger.InfoContext(ctx, "batch runner is active", "epoch", lease.Epoch())
			r.lead(ctx, lease)
			if err := r.release(ctx, lease); err != nil {
				r.o.Logger.WarnContext(ctx, "batch lease not released in good order", "error", err)
			}
		case errors.Is(err, ErrLeaseHeld):
			report.info(ctx, "another batch runner is active: standing by")
		case ctx.Err() == nil:
			report.warn(ctx, "batch lease cannot be taken: trying again", err)
		}
		if !sleep(ctx, r.o.Poll) {
			return nil
		}
	}
}

// lead executes what is due until ctx is done or the lease is lost.
func (r *Runner) lead(ctx context.Context, lease Lease) {
	r.m.leader.Set(1)
	defer r.m.leader.Set(0)
	ctx, stop := guard(ctx, lease)
	defer stop()

	d := due{Runner: r}
	f := forecast{Runner: r, report: said{log: r.o.Logger}}
	report := said{log: r.o.Logger}
	tick := time.NewTicker(r.o.Poll)
	defer tick.Stop()
	for {
		err := r.step(ctx, lease, &d)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			report.warn(ctx, "batch runner cannot look for work: trying again", err)
		} else {
			report.quiet()
		}
		f.renew(ctx, lease.Epoch())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-lease.Wake():
		}
	}
}

// step requests what is due and executes what is queued.
func (r *Runner) step(ctx context.Context, lease Lease, d *due) error {
	// What fails to be due must not keep a request from being executed.
	dueErr := d.request(ctx)
	run, ok, err := r.o.View.Take(ctx, lease.Epoch())
	if err == nil && ok {
		r.execute(ctx, lease, run, Queued, nil)
	}
	return errors.Join(dueErr, err)
}

// guard returns a context that also ends, with cause [ErrLeaseLost], when the
// lease is lost. stop releases it.
func guard(ctx context.Context, lease Lease) (guarded context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-lease.Lost():
			cancel(ErrLeaseLost)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(context.Canceled)
		<-done
	}
}

func (r *Runner) release(ctx context.Context, lease Lease) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	return lease.Release(ctx)
}

// closing bounds what is done after a context has ended.
const closing = 5 * time.Second

// sleep waits for d; false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
