package view

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"freshrank/batch"
)

// Newest implements [batch.View].
func (v *View) Newest(ctx context.Context) (g batch.Generation, ok bool, err error) {
	c := &g.Certificate
	err = v.pool.QueryRow(ctx, `
		SELECT generation, run, as_of, cut, parameters, known_pages, links, sweeps,
		       damping, pages, sum, dangling, plus, minus, epsilon_plus, epsilon_minus, x_max, quantiles
		  FROM batch_generation ORDER BY generation DESC LIMIT 1`).Scan(
		&g.Number, &g.Run, &g.AsOf, &g.Cut, &g.Parameters, &g.KnownPages, &g.Links, &g.Sweeps,
		&c.Damping, &c.Pages, &c.Sum, &c.Dangling, &c.Plus, &c.Minus, &c.EpsilonPlus, &c.EpsilonMinus, &g.XMax, &g.Quantiles)
	if errors.Is(err, pgx.ErrNoRows) {
		return g, false, nil
	}
	if err != nil {
		return g, false, fmt.Errorf("look up newest generation: %w", err)
	}
	g.AsOf = g.AsOf.UTC()
	return g, true, nil
}

// record writes the generation's row, ends its run and flips the pointer.
func record(ctx context.Context, tx pgx.Tx, epoch int64, g *batch.Generation) error {
	// Here a request to cancel is either seen, or comes too late for good: it waits
	// for this row and finds the run succeeded.
	tag, err := tx.Exec(ctx, `
		UPDATE batch_run
		   SET state = 'succeeded', phase = 'done', progress = 1, sweeps = $3, bound = $4, generation = $5, finished_at = now(),
		       rate = NULL, rate_unit = NULL, seconds_left = NULL
		 WHERE id = $1 AND epoch = $2 AND state = 'running' AND NOT cancel_requested`,
		g.Run, epoch, g.Sweeps, g.Certificate.L1(), g.Number)
	if err != nil {
		return fmt.Errorf("end run: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return batch.ErrCancelled // the epoch is ours, so nobody else can have ended it
	}
	c := g.Certificate
	_, err = tx.Exec(ctx, `
		INSERT INTO batch_generation (generation, run, as_of, cut, parameters, known_pages, links, sweeps,
		       damping, pages, sum, dangling, plus, minus, epsilon_plus, epsilon_minus, x_max, quantiles)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		g.Number, g.Run, g.AsOf, append([]int64{}, g.Cut...), g.Parameters, g.KnownPages, g.Links, g.Sweeps,
		c.Damping, c.Pages, c.Sum, c.Dangling, c.Plus, c.Minus, c.EpsilonPlus, c.EpsilonMinus, g.XMax, g.Quantiles)
	if err != nil {
		return fmt.Errorf("record generation: %w", err)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO batch_pointer (generation) VALUES ($1)
		ON CONFLICT (only_row) DO UPDATE SET generation = EXCLUDED.generation`, g.Number)
	if err != nil {
		return fmt.Errorf("flip pointer: %w", err)
	}
	if _, err := tx.Exec(ctx, `SELECT pg_notify($1, $2::bigint::text)`, generationChannel, g.Number); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}
