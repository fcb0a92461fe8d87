package view

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"freshrank/batch"
)

// Timed implements [batch.View].
func (v *View) Timed(ctx context.Context, id string, s batch.Seconds) error {
	if _, err := v.pool.Exec(ctx, `UPDATE batch_run SET phase_seconds = $2 WHERE id = $1 AND state = 'succeeded'`, id, s); err != nil {
		return fmt.Errorf("record times of run %s: %w", id, err)
	}
	return nil
}

// Past implements [batch.View].
func (v *View) Past(ctx context.Context) ([]batch.Past, error) {
	rows, err := v.pool.Query(ctx, `
		SELECT g.known_pages, g.links, r.events, r.phase_seconds,
		       (SELECT coalesce(sum(pg_total_relation_size(to_regclass(t || g.generation))), 0)::bigint
		          FROM unnest(ARRAY['batch_rank_', 'batch_host_', 'batch_domain_']) AS t)
		  FROM batch_generation AS g JOIN batch_run AS r ON r.id = g.run
		 WHERE r.phase_seconds IS NOT NULL ORDER BY g.generation DESC LIMIT 5`)
	if err != nil {
		return nil, fmt.Errorf("look up past runs: %w", err)
	}
	past, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p batch.Past, err error) {
		return p, row.Scan(&p.Pages, &p.Links, &p.Events, &p.Took, &p.Tables)
	})
	if err != nil {
		return nil, fmt.Errorf("look up past runs: %w", err)
	}
	return past, nil
}

// Forecast implements [batch.View].
func (v *View) Forecast(ctx context.Context, epoch int64, e batch.Estimate) error {
	return pgx.BeginFunc(ctx, v.pool, func(tx pgx.Tx) error {
		if err := fenced(ctx, tx, epoch); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO batch_estimate (estimated_at, graph, pages, links, events, memory, files, tables, retained, phase_seconds, measured, refused)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
			ON CONFLICT (only_row) DO UPDATE SET
			  estimated_at = EXCLUDED.estimated_at, graph = EXCLUDED.graph, pages = EXCLUDED.pages, links = EXCLUDED.links,
			  events = EXCLUDED.events, memory = EXCLUDED.memory, files = EXCLUDED.files, tables = EXCLUDED.tables,
			  retained = EXCLUDED.retained, phase_seconds = EXCLUDED.phase_seconds, measured = EXCLUDED.measured, refused = EXCLUDED.refused`,
			e.At, e.Graph, e.Pages, e.Links, e.Events, e.Memory, e.Files, e.Tables, e.Retained, e.Seconds, e.Measured, orNull(e.Refused))
		if err != nil {
			return fmt.Errorf("store estimate: %w", err)
		}
		return nil
	})
}
