package view

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Retire implements [batch.View]. Dropping a table waits for its readers and
// holds up new ones behind it; so it waits for a moment only and leaves the rest
// to the next time.
func (v *View) Retire(ctx context.Context, keep int) (kept []int64, err error) {
	kept, err = v.generations(ctx, `
		SELECT generation FROM (SELECT generation FROM batch_generation ORDER BY generation DESC LIMIT $1) newest
		UNION SELECT generation FROM batch_pointer
		UNION SELECT v.generation FROM speed_pointer p JOIN speed_view v ON v.view = p.view`, keep)
	if err != nil {
		return nil, fmt.Errorf("look up generations to keep: %w", err)
	}
	old, err := v.generations(ctx, `SELECT generation FROM batch_generation WHERE retained AND generation <> ALL ($1)`, kept)
	if err != nil {
		return nil, fmt.Errorf("look up generations to retire: %w", err)
	}
	var faults []error
	for _, g := range old {
		inUse, err := v.drop(ctx, g)
		if err != nil {
			faults = append(faults, fmt.Errorf("retire generation %d: %w", g, err))
		}
		if inUse {
			kept = append(kept, g)
		}
	}
	return kept, errors.Join(faults...)
}

// drop drops the tables of generation g, unless the speed layer has come to stand
// on it since kept was looked up. The speed layer takes the same lock, shared,
// when it moves its pointer, and then does so only to a generation that is
// retained: whoever is second sees what the first has done.
func (v *View) drop(ctx context.Context, g int64) (inUse bool, err error) {
	err = pgx.BeginFunc(ctx, v.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			SET LOCAL lock_timeout = '1s';
			SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ':generations', 0))`)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM speed_pointer p JOIN speed_view v ON v.view = p.view WHERE v.generation = $1)`, g).Scan(&inUse)
		if err != nil || inUse {
			return err
		}
		for _, t := range tables(g) {
			if _, err := tx.Exec(ctx, `DROP TABLE IF EXISTS `+t.name); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `UPDATE batch_generation SET retained = false WHERE generation = $1`, g)
		return err
	})
	return inUse, err
}

func (v *View) generations(ctx context.Context, sql string, args ...any) ([]int64, error) {
	rows, err := v.pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}
