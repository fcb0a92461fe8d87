package view

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"freshrank/speed"
)

// Stage implements [speed.View]. A crash leaves the view behind; the next sweep
// after a switch removes it.
func (v *View) Stage(ctx context.Context, p speed.Publication) (view int64, err error) {
	err = v.fenced(ctx, p.Epoch, func(tx pgx.Tx) error {
		if view, err = insertHeader(ctx, tx, p); err != nil {
			return err
		}
		return copyRows(ctx, tx, view, p.Rows)
	})
	if err != nil {
		return 0, fmt.Errorf("stage view on generation %d: %w", p.Header.Generation, err)
	}
	return view, nil
}

// Publish implements [speed.View].
func (v *View) Publish(ctx context.Context, p speed.Publication) error {
	err := v.fenced(ctx, p.Epoch, func(tx pgx.Tx) error {
		if err := upsertRows(ctx, tx, p.View, p.Rows); err != nil {
			return err
		}
		if err := updateHeader(ctx, tx, p); err != nil {
			return err
		}
		if !p.Switch {
			return nil
		}
		return movePointer(ctx, tx, p)
	})
	if err != nil {
		return fmt.Errorf("publish view %d: %w", p.View, err)
	}
	return nil
}

// movePointer lets readers use the view. The batch layer drops no generation that
// the pointer leads to; the lock, which it takes before it looks, keeps it from
// looking just before the pointer moves and dropping just after.
func movePointer(ctx context.Context, tx pgx.Tx, p speed.Publication) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock_shared(hashtextextended(current_schema()::text || ':generations'::text, 0::bigint))`)
	if err != nil {
		return err
	}
	var dropped bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM batch_generation WHERE generation = $1 AND NOT retained)`, p.Header.Generation).Scan(&dropped)
	if err != nil {
		return err
	}
	if dropped {
		return speed.ErrRetired
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO speed_pointer (view) VALUES ($1)
		ON CONFLICT (only_row) DO UPDATE SET view = excluded.view`, p.View)
	return err
}

// Sweep implements [speed.View]. Readers that began before the switch keep what
// they see.
func (v *View) Sweep(ctx context.Context, epoch int64) error {
	err := v.fenced(ctx, epoch, func(tx pgx.Tx) error {
		for _, table := range []string{"speed_rank", "speed_view"} {
			if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE view < (SELECT view FROM speed_pointer)`); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove old views: %w", err)
	}
	return nil
}
