package view

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"freshrank/speed"
)

// lease holds an advisory lock by keeping its connection open.
type lease struct {
	conn  *pgx.Conn
	epoch int64
	lost  chan struct{}
	stop  context.CancelFunc
	group sync.WaitGroup
}

// expires ends the lease of a holder that is paused, or cut off without either side
// noticing: Postgres, which hears nothing from it for so long, ends the session.
const expires = `SET idle_session_timeout = '30s'`

// TryAcquire implements [speed.View]. The lock keeps two layers from working at
// the same time; the epoch keeps one that lost the lock without noticing from
// publishing. It waits for a publication of the last holder that is under way.
func (v *View) TryAcquire(ctx context.Context) (_ speed.Lease, ok bool, err error) {
	conn, err := v.connect(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("acquire lease: %w", err)
	}
	defer func() {
		if !ok {
			closeNow(conn)
		}
	}()
	// Types are written out: the batch layer may make operators in the schema, and one of
	// just these types would come before Postgres' own. Here as in movePointer.
	err = conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended(current_schema()::text || ':speed'::text, 0::bigint))`).Scan(&ok)
	if err != nil {
		return nil, false, fmt.Errorf("acquire lease: %w", err)
	}
	if !ok {
		return nil, false, nil
	}
	if _, err := conn.Exec(ctx, expires); err != nil {
		ok = false
		return nil, false, fmt.Errorf("bound time of lease: %w", err)
	}
	l := &lease{conn: conn, lost: make(chan struct{})}
	if err := conn.QueryRow(ctx, `UPDATE speed_lease SET epoch = epoch + 1 RETURNING epoch`).Scan(&l.epoch); err != nil {
		ok = false
		return nil, false, fmt.Errorf("raise epoch of lease: %w", err)
	}
	// The lease outlives the call and its context.
	keep, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	l.group.Go(func() { l.keepAlive(keep, v.keepAlive) })
	return l, true, nil
}

func (l *lease) Epoch() int64          { return l.epoch }
func (l *lease) Lost() <-chan struct{} { return l.lost }

// Release gives the lease back.
func (l *lease) Release() {
	l.stop()
	l.group.Wait()
	closeNow(l.conn)
}

// keepAlive notices when the connection is gone, and the lock with it.
func (l *lease) keepAlive(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		limited, cancel := context.WithTimeout(ctx, 10*every)
		err := l.conn.Ping(limited)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				close(l.lost)
			}
			return
		}
	}
}

// closeNow closes a connection whether or not the server still answers.
func closeNow(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	conn.Close(ctx)
}
