package view

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"freshrank/serving"
)

// DB is what is used of a connection pool.
type DB interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// View implements [serving.Reader] and [serving.Runs]. It is safe for
// concurrent use.
type View struct {
	db      DB
	now     func() time.Time
	current atomic.Pointer[pair]
	loading chan struct{} // holds a token while the pair is read
	few     gather        // questions about few pages
	held    holder
}

// New returns a View on db, whose connections have the serving role and the
// schema's search_path. now gives the time that lags are measured to.
func New(db DB, now func() time.Time) *View {
	v := &View{db: db, now: now, loading: make(chan struct{}, 1), held: holder{moved: make(chan struct{}, 1), again: 10 * time.Second}}
	v.few.read = v.readPages
	return v
}

// attempts bounds how often an answer is thrown away because the pair moved
// while it was read. A pair lives for seconds at least.
const attempts = 8

// read runs the statement that build makes for a pair and scans its arrays,
// until the statement's own snapshot agrees that the pair holds.
func (v *View) read(ctx context.Context, build func(*pair) (sql string, args, dest []any, err error)) (serving.Snapshot, error) {
	p, err := v.pair(ctx, nil)
	if err != nil {
		return serving.Snapshot{}, err
	}
	for range attempts {
		sql, args, dest, berr := build(p)
		if berr != nil {
			// The pair that build objects to may be out of date.
			q, err := v.pair(ctx, p)
			if err != nil {
				return serving.Snapshot{}, err
			}
			if q.same(p) {
				return serving.Snapshot{}, berr
			}
			p = q
			continue
		}
		var h head
		into, done := h.scan()
		err := v.db.QueryRow(ctx, sql, args...).Scan(append(into, dest...)...)
		if err != nil && !tableGone(err) {
			return serving.Snapshot{}, failure(ctx, "read view", err)
		}
		if err == nil {
			done()
			if p.holds(&h) {
				snap := p.snapshot(&h)
				snap.Lag = max(v.now().Sub(snap.AsOf), 0)
				return snap, nil
			}
		}
		if p, err = v.pair(ctx, p); err != nil {
			return serving.Snapshot{}, err
		}
	}
	return serving.Snapshot{}, fmt.Errorf("read view: its tables were replaced %d times meanwhile: %w", attempts, serving.ErrUnavailable)
}

func (p *pair) table(prefix string) string {
	return fmt.Sprintf("%s_%d", prefix, p.base.Generation.Generation)
}

// pair returns the current pair, reading it if none is known or the known one
// is stale, which is the one that the caller has found to hold no longer. Of
// many callers that find so at once, one reads.
func (v *View) pair(ctx context.Context, stale *pair) (*pair, error) {
	if p := v.current.Load(); p != nil && p != stale {
		return p, nil
	}
	select {
	case v.loading <- struct{}{}:
		defer func() { <-v.loading }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if p := v.current.Load(); p != nil && p != stale {
		return p, nil
	}
	// Between the two statements of load the pointers may move to a generation
	// that the second does not return.
	for range attempts {
		_, p, err := v.load(ctx)
		if err != nil {
			return nil, err
		}
		if p != nil {
			v.current.Store(p)
			v.held.wake()
			return p, nil
		}
	}
	return nil, fmt.Errorf("read pair: it moved %d times meanwhile: %w", attempts, serving.ErrUnavailable)
}

// load reads the head and the generations that it names; nil if they do not
// make a pair.
func (v *View) load(ctx context.Context) (*head, *pair, error) {
	var h head
	into, done := h.scan()
	if err := v.db.QueryRow(ctx, "SELECT"+headColumns+"\nFROM"+headFrom).Scan(into...); err != nil {
		return nil, nil, failure(ctx, "read pointers", err)
	}
	done()
	if h.active.number == 0 {
		return &h, nil, serving.ErrNotReady
	}
	generations, err := v.generations(ctx, h.active.number, h.under.number)
	if err != nil {
		return &h, nil, err
	}
	return &h, choose(&h, generations), nil
}
