// Package view keeps the speed view in Postgres: tables speed_view (one header a
// view), speed_rank (its rows) and speed_pointer (which view serving reads).
//
// # One transaction
//
// A publication is one transaction: check the lease's epoch, write rows, write
// the header with the offsets that the rows include, and, for a switch, move the
// pointer. Readers that take pointer, header and rows in one statement see all of
// it or nothing.
//
// A switch takes a shared lock besides, which the batch layer takes to drop a
// generation: the pointer never comes to lead to one without tables.
//
// The check reads the lease's row FOR SHARE, and whoever takes the lease updates
// that row: a publication either commits before the epoch is raised, or finds it
// raised and gives up ([speed.ErrFenced]). So the new holder, which looks at the
// current view after raising the epoch, sees the last word of the old one.
//
// # Names
//
// No table name is qualified; the schema is the connection's. Lock keys contain
// it, so that several Freshranks can share a database.
package view

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"freshrank/pagerank/link"
	"freshrank/speed"
)

// Options for [New].
type Options struct {
	// Pool publishes, in the role of the speed layer.
	Pool *pgxpool.Pool
	// Connect returns a connection past any transaction pooler, in the same role:
	// the lease's advisory lock and LISTEN belong to a session.
	Connect func(ctx context.Context) (*pgx.Conn, error)

	KeepAlive time.Duration // between two checks that the lease's connection lives; 1 s
	Logger    *slog.Logger  // discards
}

// View implements [speed.View].
type View struct {
	pool      *pgxpool.Pool
	connect   func(ctx context.Context) (*pgx.Conn, error)
	keepAlive time.Duration
	log       *slog.Logger
}

var _ speed.View = (*View)(nil)

// New returns a View.
func New(o Options) *View {
	v := &View{pool: o.Pool, connect: o.Connect, keepAlive: o.KeepAlive, log: o.Logger}
	if v.keepAlive == 0 {
		v.keepAlive = time.Second
	}
	if v.log == nil {
		v.log = slog.New(slog.DiscardHandler)
	}
	return v
}

// Active implements [speed.View].
func (v *View) Active(ctx context.Context) (g speed.Generation, ok bool, err error) {
	err = v.pool.QueryRow(ctx, `
		SELECT g.generation, g.cut, g.as_of, g.damping, g.parameters->>'rel_policy'
		FROM batch_pointer p JOIN batch_generation g USING (generation)`).
		Scan(&g.Number, (*[]int64)(&g.Cut), &g.AsOf, &g.Damping, (*string)(&g.Policy))
	if errors.Is(err, pgx.ErrNoRows) {
		return speed.Generation{}, false, nil
	}
	if err != nil {
		return speed.Generation{}, false, fmt.Errorf("read active generation: %w", err)
	}
	if g.Policy != link.DropMarked && g.Policy != link.CountAll {
		return speed.Generation{}, false, fmt.Errorf("read active generation: generation %d has rel_policy %q in its parameters: must be %q or %q",
			g.Number, g.Policy, link.DropMarked, link.CountAll)
	}
	g.AsOf = g.AsOf.UTC()
	return g, true, nil
}

// Current implements [speed.View]. It waits, as [View.TryAcquire] does, for a publication
// under way: one of an earlier session of this layer, whose COMMIT may still be on its way
// when the session has given up waiting for its answer.
func (v *View) Current(ctx context.Context) (c speed.Current, ok bool, err error) {
	err = pgx.BeginFunc(ctx, v.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT FROM speed_lease FOR UPDATE`); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `
			SELECT v.view, v.generation, v.epoch, v.offsets, v.as_of
			FROM speed_pointer p JOIN speed_view v USING (view)`).
			Scan(&c.View, &c.Generation, &c.Epoch, (*[]int64)(&c.Offsets), &c.AsOf)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return speed.Current{}, false, nil
	}
	if err != nil {
		return speed.Current{}, false, fmt.Errorf("read current speed view: %w", err)
	}
	c.AsOf = c.AsOf.UTC()
	return c, true, nil
}

// fenced runs f in a transaction that holds the lease's epoch where it is.
func (v *View) fenced(ctx context.Context, epoch int64, f func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, v.pool, func(tx pgx.Tx) error {
		var one int
		err := tx.QueryRow(ctx, `SELECT 1 FROM speed_lease WHERE epoch = $1 FOR SHARE`, epoch).Scan(&one)
		if errors.Is(err, pgx.ErrNoRows) {
			return speed.ErrFenced
		}
		if err != nil {
			return fmt.Errorf("check epoch: %w", err)
		}
		return f(tx)
	})
}
