package view

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"freshrank/serving"
)

const runColumns = `
  r.id::text, r.trigger, r.state, r.phase, r.progress, r.sweeps, r.bound, r.events, r.generation, coalesce(r.error, ''),
  r.cancel_requested, coalesce(r.idempotency_key, ''), r.scheduled_for, r.created_at, r.started_at, r.finished_at,
  r.rate, coalesce(r.rate_unit, ''), r.seconds_left`

func scanRun(row pgx.CollectableRow) (serving.Run, error) {
	var r serving.Run
	err := row.Scan(&r.ID, &r.Trigger, &r.State, &r.Phase, &r.Progress, &r.Sweeps, &r.Bound, &r.Events, &r.Generation, &r.Error,
		&r.CancelRequested, &r.IdempotencyKey, &r.ScheduledFor, &r.CreatedAt, &r.StartedAt, &r.FinishedAt,
		&r.Rate, &r.RateUnit, &r.SecondsLeft)
	return r, err
}

// Request implements [serving.Runs]. Deciding and inserting is one function of
// the schema: serving may call it, not write the table.
func (v *View) Request(ctx context.Context, key string) (serving.Run, bool, error) {
	var arg *string
	if key != "" {
		arg = &key
	}
	// No row means that the run that stood in the way ended at that moment.
	for range attempts {
		var id string
		var created bool
		err := v.db.QueryRow(ctx, "SELECT q.id::text, q.created FROM batch_request_run($1) AS q", arg).Scan(&id, &created)
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return serving.Run{}, false, failure(ctx, "request run", err)
		}
		// A second statement, as the first one's snapshot is older than the row.
		run, err := v.Run(ctx, id)
		return run, created || key != "" && run.IdempotencyKey == key, err
	}
	return serving.Run{}, false, fmt.Errorf("request run: runs came and went %d times meanwhile: %w", attempts, serving.ErrUnavailable)
}

// Run implements [serving.Runs].
func (v *View) Run(ctx context.Context, id string) (serving.Run, error) {
	rows, err := v.db.Query(ctx, "SELECT"+runColumns+" FROM batch_run AS r WHERE r.id = $1", id)
	if err != nil {
		return serving.Run{}, failure(ctx, "read run", err)
	}
	run, err := pgx.CollectExactlyOneRow(rows, scanRun)
	if errors.Is(err, pgx.ErrNoRows) {
		return serving.Run{}, fmt.Errorf("read run %s: %w", id, serving.ErrNoRun)
	}
	if err != nil {
		return serving.Run{}, failure(ctx, "read run", err)
	}
	return run, nil
}

// List implements [serving.Runs].
func (v *View) List(ctx context.Context, limit int, after *serving.RunMark) ([]serving.Run, error) {
	sql, args := "SELECT"+runColumns+" FROM batch_run AS r", []any{limit}
	if after != nil {
		sql += " WHERE r.created_at <= $2 AND (r.created_at < $2 OR r.id > $3)"
		args = append(args, after.CreatedAt, after.ID)
	}
	rows, err := v.db.Query(ctx, sql+" ORDER BY r.created_at DESC, r.id LIMIT $1", args...)
	if err != nil {
		return nil, failure(ctx, "list runs", err)
	}
	runs, err := pgx.CollectRows(rows, scanRun)
	if err != nil {
		return nil, failure(ctx, "list runs", err)
	}
	return runs, nil
}

// Cancel implements [serving.Runs].
func (v *View) Cancel(ctx context.Context, id string) (serving.Run, error) {
	var state *string
	if err := v.db.QueryRow(ctx, "SELECT batch_cancel_run($1)", id).Scan(&state); err != nil {
		return serving.Run{}, failure(ctx, "cancel run", err)
	}
	run, err := v.Run(ctx, id)
	if err == nil && (run.State == "succeeded" || run.State == "failed") {
		return run, fmt.Errorf("cancel run %s: %w", id, serving.ErrRunFinished)
	}
	return run, err
}

// Estimate implements [serving.Runs].
func (v *View) Estimate(ctx context.Context) (serving.Estimate, error) {
	var e serving.Estimate
	err := v.db.QueryRow(ctx, `
		SELECT e.estimated_at, e.graph, e.pages, e.links, e.events, e.memory, e.files, e.tables, e.retained,
		       e.phase_seconds, e.measured, coalesce(e.refused, '')
		  FROM batch_estimate AS e`).Scan(&e.At, &e.Graph, &e.Pages, &e.Links, &e.Events, &e.Memory, &e.Files, &e.Tables, &e.Retained,
		&e.Seconds, &e.Measured, &e.Refused)
	if errors.Is(err, pgx.ErrNoRows) {
		return e, fmt.Errorf("read estimate: %w", serving.ErrNoEstimate)
	}
	if err != nil {
		return e, failure(ctx, "read estimate", err)
	}
	e.At = e.At.UTC()
	return e, nil
}
