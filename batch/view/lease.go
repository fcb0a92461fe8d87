package view

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"freshrank/batch"
)

// lease is the advisory lock, and the connection that holds it and listens.
type lease struct {
	conn  *pgx.Conn
	epoch int64
	wake  chan struct{}
	lost  chan struct{}
	stop  context.CancelFunc // ends listen; lost is closed when it has
}

// The key holds the schema, so that two installations in one database do not
// exclude each other.
const lockKey = `hashtextextended(current_schema() || ':batch', 0)`

const (
	pingEvery   = 5 * time.Second // a silent connection is probed
	pingTimeout = 5 * time.Second

	// expires ends the lease of a holder that is paused, or cut off without either side
	// noticing: Postgres, which hears nothing from it for so long, ends the session.
	expires = `SET idle_session_timeout = '30s'`
)

// Acquire implements [batch.View].
func (v *View) Acquire(ctx context.Context) (_ batch.Lease, err error) {
	conn, err := v.connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect for batch lease: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
		}
	}()
	var locked bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(`+lockKey+`)`).Scan(&locked); err != nil {
		return nil, fmt.Errorf("take batch lock: %w", err)
	}
	if !locked {
		return nil, batch.ErrLeaseHeld
	}
	if _, err := conn.Exec(ctx, expires+`; LISTEN `+runChannel); err != nil {
		return nil, fmt.Errorf("listen for runs: %w", err)
	}
	l := &lease{conn: conn, wake: make(chan struct{}, 1), lost: make(chan struct{})}
	if l.epoch, err = begin(ctx, conn); err != nil {
		return nil, err
	}
	// The lease outlives the call, and ctx with it: Release ends it.
	listening, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	go l.listen(listening)
	return l, nil
}

// begin raises the epoch and abandons what earlier holders left running. Raising
// it waits for a transaction of theirs that is publishing; its run is then
// succeeded and no longer running.
func begin(ctx context.Context, conn *pgx.Conn) (epoch int64, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `UPDATE batch_lease SET epoch = epoch + 1 RETURNING epoch`).Scan(&epoch); err != nil {
			return fmt.Errorf("raise epoch: %w", err)
		}
		_, err := tx.Exec(ctx, `
			UPDATE batch_run
			   SET state = 'failed', finished_at = now(), rate = NULL, rate_unit = NULL, seconds_left = NULL,
			       error = 'abandoned: the runner stopped in phase ' || phase || '; request another run'
			 WHERE state = 'running'`)
		if err != nil {
			return fmt.Errorf("abandon runs: %w", err)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("begin batch lease: %w", err)
	}
	return epoch, nil
}

// listen hands on notifications until the connection fails or it is stopped. A
// connection that says nothing may be dead: it is asked now and then.
func (l *lease) listen(ctx context.Context) {
	defer close(l.lost)
	for {
		wait, cancel := context.WithTimeout(ctx, pingEvery)
		_, err := l.conn.WaitForNotification(wait)
		cancel()
		switch {
		case err == nil:
			select {
			case l.wake <- struct{}{}:
			default: // one is pending
			}
		case ctx.Err() != nil:
			return
		case wait.Err() != nil && !l.conn.IsClosed():
			ping, cancel := context.WithTimeout(ctx, pingTimeout)
			err = l.conn.Ping(ping)
			cancel()
			if err != nil {
				return
			}
		default:
			return
		}
	}
}

func (l *lease) Epoch() int64          { return l.epoch }
func (l *lease) Wake() <-chan struct{} { return l.wake }
func (l *lease) Lost() <-chan struct{} { return l.lost }

// Release implements [batch.Lease]. It unlocks by itself what closing the
// connection would unlock a moment later, for whoever waits for it.
func (l *lease) Release(ctx context.Context) error {
	l.stop()
	<-l.lost
	if l.conn.IsClosed() {
		return nil
	}
	_, err := l.conn.Exec(ctx, `SELECT pg_advisory_unlock(`+lockKey+`)`)
	return errors.Join(err, l.conn.Close(ctx))
}
