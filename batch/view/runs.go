package view

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"freshrank/batch"
)

const runColumns = `id, trigger, scheduled_for, state, phase, progress, sweeps, bound, events, generation, error,
  rate, rate_unit, seconds_left`

func scanRun(row pgx.CollectableRow) (batch.Run, error) {
	var (
		r          batch.Run
		scheduled  *time.Time
		bound      *float64
		generation *int64
		reason     *string
		rate, left *float64
		unit       *string
	)
	err := row.Scan(&r.ID, &r.Trigger, &scheduled, &r.State, &r.Phase, &r.Done, &r.Sweeps, &bound, &r.Events, &generation, &reason,
		&rate, &unit, &left)
	r.Rate, r.Unit, r.Left = value(rate), value(unit), value(left)
	r.ScheduledFor, r.Bound, r.Generation, r.Error = value(scheduled).UTC(), value(bound), value(generation), value(reason)
	return r, err
}

func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// orNull returns nil for the zero value: what is not known is NULL.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// one runs a statement that returns a run; false if it returned none.
func (v *View) one(ctx context.Context, sql string, args ...any) (batch.Run, bool, error) {
	rows, err := v.pool.Query(ctx, sql, args...)
	if err != nil {
		return batch.Run{}, false, err
	}
	r, err := pgx.CollectOneRow(rows, scanRun)
	if errors.Is(err, pgx.ErrNoRows) {
		return batch.Run{}, false, nil
	}
	return r, err == nil, err
}

// Request implements [batch.View].
func (v *View) Request(ctx context.Context, q batch.Request) (batch.Run, error) {
	for {
		r, ok, err := v.one(ctx, `
			WITH made AS (
			  INSERT INTO batch_run (trigger, scheduled_for, created_at) VALUES ($1, $2, $3)
			  ON CONFLICT DO NOTHING RETURNING `+runColumns+`),
			told AS (SELECT pg_notify('`+runChannel+`', id::text) FROM made)
			SELECT `+runColumns+` FROM made LEFT JOIN told ON true`,
			q.Trigger, orNull(q.ScheduledFor), q.At)
		if err != nil {
			return batch.Run{}, fmt.Errorf("request run: %w", err)
		}
		if ok {
			return r, nil
		}
		var id string
		err = v.pool.QueryRow(ctx, `SELECT id FROM batch_run WHERE state IN ('queued', 'running')`).Scan(&id)
		if err == nil {
			return batch.Run{}, &batch.OpenError{ID: id}
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return batch.Run{}, fmt.Errorf("look up open run: %w", err)
		}
		// It ended between the two statements: the way is free.
	}
}

// Take implements [batch.View]. Like [fenced] it locks the lease's row: a newer
// holder, which abandons what is running when it begins, either does so after this
// statement, or this one finds the epoch raised. A run that it missed would stay
// running, and bar all others.
func (v *View) Take(ctx context.Context, epoch int64) (batch.Run, bool, error) {
	r, ok, err := v.one(ctx, `
		WITH lease AS (SELECT epoch FROM batch_lease WHERE epoch = $1 FOR SHARE)
		UPDATE batch_run SET state = 'running', phase = 'archive', started_at = now(), epoch = $1
		  FROM lease WHERE state = 'queued'
		RETURNING `+runColumns, epoch)
	if err != nil {
		return r, false, fmt.Errorf("take run: %w", err)
	}
	return r, ok, nil
}

// Report implements [batch.View].
func (v *View) Report(ctx context.Context, epoch int64, id string, p batch.Progress) (cancel bool, err error) {
	err = v.pool.QueryRow(ctx, `
		UPDATE batch_run
		   SET phase = $3, progress = $4, sweeps = $5, bound = $6, events = $7, generation = $8,
		       rate = $9, rate_unit = $10, seconds_left = $11
		 WHERE id = $1 AND epoch = $2 AND state = 'running'
		RETURNING cancel_requested`,
		id, epoch, p.Phase, p.Done, p.Sweeps, orNull(p.Bound), p.Events, orNull(p.Generation),
		orNull(p.Rate), orNull(p.Unit), orNull(p.Left)).Scan(&cancel)
	if !errors.Is(err, pgx.ErrNoRows) {
		if err != nil {
			err = fmt.Errorf("report progress of run %s: %w", id, err)
		}
		return cancel, err
	}
	// A report may cross the run's own publication: that is no reason to stop.
	r, err := v.Run(ctx, id)
	if err == nil && r.State != batch.Succeeded {
		err = fmt.Errorf("report progress of run %s, now %s: %w", id, r.State, batch.ErrFenced)
	}
	return false, err
}

// Finish implements [batch.View]. A transaction of ours that still publishes the
// run has the row locked; this statement waits for its end and then finds the
// run succeeded, or running as before.
func (v *View) Finish(ctx context.Context, epoch int64, id string, s batch.State, reason string, p batch.Progress) (bool, error) {
	if s == batch.Queued {
		p = batch.Progress{Phase: batch.PhaseQueued}
	}
	tag, err := v.pool.Exec(ctx, `
		UPDATE batch_run
		   SET state = $3, error = $4, phase = $5, progress = $6, sweeps = $7, bound = $8, events = $9, generation = $10,
		       rate = NULL, rate_unit = NULL, seconds_left = NULL,
		       started_at  = CASE WHEN $3 = 'queued' THEN NULL ELSE started_at END,
		       finished_at = CASE WHEN $3 = 'queued' THEN NULL ELSE now() END
		 WHERE id = $1 AND epoch = $2 AND state = 'running'`,
		id, epoch, s, orNull(reason), p.Phase, p.Done, p.Sweeps, orNull(p.Bound), p.Events, orNull(p.Generation))
	if err != nil {
		return false, fmt.Errorf("finish run %s: %w", id, err)
	}
	return tag.RowsAffected() == 1, nil
}

// Run implements [batch.View].
func (v *View) Run(ctx context.Context, id string) (batch.Run, error) {
	r, ok, err := v.one(ctx, `SELECT `+runColumns+` FROM batch_run WHERE id = $1`, id)
	if err == nil && !ok {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return r, fmt.Errorf("look up run %s: %w", id, err)
	}
	return r, nil
}

// LastRun implements [batch.View].
func (v *View) LastRun(ctx context.Context) (time.Time, bool, error) {
	var last *time.Time
	err := v.pool.QueryRow(ctx, `SELECT max(greatest(created_at, scheduled_for)) FROM batch_run`).Scan(&last)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("look up last run: %w", err)
	}
	return value(last).UTC(), last != nil, nil
}
