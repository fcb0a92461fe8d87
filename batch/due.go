package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"freshrank/pagerank/link"
)

// due decides when a run is due that nobody asked for. It belongs to one term
// of leadership and starts from what Postgres remembers.
type due struct {
	*Runner
	published bool      // there is a generation
	tick      time.Time // the next tick of the schedule; zero: not looked up yet
	off       bool      // the schedule has no tick

	// The first run: where the log ended when it was last tried, how often that
	// was, and when it may be tried again.
	tried    link.Offsets
	attempts int
	retry    time.Time
}

// request queues a run if one is due.
func (d *due) request(ctx context.Context) error {
	if !d.published {
		if err := d.first(ctx); err != nil {
			return fmt.Errorf("look for a first run: %w", err)
		}
	}
	if err := d.scheduled(ctx); err != nil {
		return fmt.Errorf("look at the schedule: %w", err)
	}
	return nil
}

// first requests a run if there is no generation but something to rank: a graph,
// or records in the log. One that failed is tried again only when the log has
// grown, at growing intervals: a system without its first generation should
// answer soon, but a lasting fault should not fill the history.
func (d *due) first(ctx context.Context) error {
	newest, ok, err := d.o.View.Newest(ctx)
	if err != nil {
		return err
	}
	if ok {
		d.published = true
		d.m.saw(&newest)
		return nil
	}
	_, graph, err := d.o.Files.LatestGraph(ctx)
	if err != nil {
		return err
	}
	end, err := d.o.Log.End(ctx)
	if err != nil {
		return err
	}
	if !graph && link.Offsets(nil).Behind(end) == 0 {
		return nil
	}
	now := d.o.now()
	if d.attempts > 0 && (end.Equal(d.tried) || now.Before(d.retry)) {
		return nil
	}
	if _, err := d.o.View.Request(ctx, Request{Trigger: First, At: now}); err != nil {
		if errors.Is(err, ErrRunOpen) {
			return nil // it may well be the first itself
		}
		return err
	}
	d.tried, d.retry = end, now.Add(min(d.o.Poll<<min(d.attempts, 20), 5*time.Minute))
	d.attempts++
	return nil
}

// scheduled requests a run if the schedule's next tick has come. However many
// ticks passed while no runner was active, they are caught up by one run, which
// bears the time of the first of them.
func (d *due) scheduled(ctx context.Context) error {
	if d.o.Schedule == nil || d.off {
		return nil
	}
	now := d.o.now()
	if d.tick.IsZero() {
		last, ok, err := d.o.View.LastRun(ctx)
		if err != nil {
			return err
		}
		if !ok {
			last = now
		}
		d.next(last)
	}
	if d.off || now.Before(d.tick) {
		return nil
	}
	if !d.published {
		d.next(now) // the first run is due by itself
		return nil
	}
	_, err := d.o.View.Request(ctx, Request{Trigger: Cron, ScheduledFor: d.tick, At: now})
	switch {
	case errors.Is(err, ErrRunOpen):
		d.o.Logger.InfoContext(ctx, "scheduled batch run skipped: one is open", "scheduled_for", d.tick, "reason", err)
	case err != nil:
		return err // the tick stays due
	}
	d.next(now)
	return nil
}

func (d *due) next(after time.Time) {
	d.tick = d.o.Schedule.Next(after)
	d.off = d.tick.IsZero()
	if d.off {
		d.m.nextAt.Set(0)
	} else {
		d.m.nextAt.Set(unix(d.tick))
	}
}
