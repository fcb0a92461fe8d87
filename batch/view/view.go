// Package view is the batch layer's side of Postgres: the queue of runs, the
// lease of the one who executes them, and the generations.
//
// # What protects what
//
//   - The partial unique index batch_run_one_open: two runs are never open at once.
//   - The advisory lock, held by a connection of its own: two runners are never
//     active at once, as long as both know of their connections' state.
//   - The epoch in batch_lease: each holder of the lock raises it before it does
//     anything. Who publishes holds a share lock on the row with its own epoch
//     from the first statement to COMMIT, and so does who takes a run. So a runner
//     that lost the lock without knowing either does so before its successor
//     starts or not at all.
//   - The run's row: publishing makes it succeeded in the same transaction, ending
//     it otherwise takes the same row lock. A run ends in exactly one way.
//   - The advisory lock on generations, taken by who drops one and, shared, by the
//     speed layer when it moves its pointer: that never leads to one without tables.
//
// # A generation's tables
//
// batch_rank_<g>, batch_host_<g> and batch_domain_<g> (see the migrations for their
// columns) are made, filled, indexed and analysed in the transaction that flips the pointer: a generation that
// readers can learn of has all its rows, and one that failed left nothing.
package view

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"freshrank/batch"
)

// The channels. Notifications are hints: whoever waits for one polls as well.
const (
	runChannel        = "freshrank_batch_run"  // a run was requested or cancelled
	generationChannel = "freshrank_generation" // the pointer moved; payload: the generation
)

// View implements [batch.View].
type View struct {
	pool    *pgxpool.Pool
	connect func(context.Context) (*pgx.Conn, error)
}

var _ batch.View = (*View)(nil)

// New returns a View. Both ways to Postgres must act as role freshrank_batch
// with the same schema first in search_path. connect makes a session of its own
// that the caller of connect closes: locks and LISTEN do not survive a
// transaction pooler.
func New(pool *pgxpool.Pool, connect func(context.Context) (*pgx.Conn, error)) *View {
	return &View{pool: pool, connect: connect}
}

// fenced checks, and sees to it until tx ends, that no later epoch begins.
func fenced(ctx context.Context, tx pgx.Tx, epoch int64) error {
	var one int
	err := tx.QueryRow(ctx, `SELECT 1 FROM batch_lease WHERE epoch = $1 FOR SHARE`, epoch).Scan(&one)
	if errors.Is(err, pgx.ErrNoRows) {
		return batch.ErrFenced
	}
	if err != nil {
		return fmt.Errorf("check epoch: %w", err)
	}
	return nil
}
