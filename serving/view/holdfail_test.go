package view_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"freshrank/migrations/migrationstest"
	"freshrank/serving/view"
)

// parts is a database in which reading a part of a generation fails as fail says, after
// a row; it gets the first bytes of the part's bounds.
type parts struct {
	*pgxpool.Pool
	fail func(ctx context.Context, first, last byte) error
	read atomic.Int64
}

func (p *parts) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if !strings.Contains(sql, "BETWEEN") {
		return p.Pool.Query(ctx, sql, args...)
	}
	p.read.Add(1)
	err := p.fail(ctx, args[0].(pgtype.UUID).Bytes[0], args[1].(pgtype.UUID).Bytes[0])
	rows, other := p.Pool.Query(ctx, sql, args...)
	if err != nil && other == nil {
		rows = &cut{Rows: rows, err: err}
	}
	return rows, other
}

// cut yields one row, then an error.
type cut struct {
	pgx.Rows
	after bool
	err   error
}

func (c *cut) Next() bool {
	more := !c.after && c.Rows.Next()
	c.after = true
	return more
}

func (c *cut) Err() error { return c.err }

// faulty returns a view that reads a generation of 1,000 pages by way of parts.
func faulty(t *testing.T, fail func(ctx context.Context, first, last byte) error) (*layers, *view.View, *parts) {
	db := migrationstest.Schema(t)
	l := &layers{t, db.Batch, db.Speed}
	l.generation(1, []int64{10, 10}, []row{{url: a, status: "ranked", x: 3}})
	exec(t, db.Batch, `INSERT INTO batch_rank_1 (page, url, host, status, x)
		SELECT md5(i::text)::uuid, 'https://h.example/' || i, 1, 'ranked', i FROM generate_series(2, 1000) AS i`)
	exec(t, db.Batch, "UPDATE batch_generation SET known_pages = 1000, pages = 1000")
	p := &parts{Pool: db.Serving, fail: fail}
	v := view.New(p, time.Now)
	v.SetAgain(10 * time.Millisecond)
	return l, v, p
}

var errCutOff = &pgconn.PgError{Code: "57014", Message: "canceling statement due to statement timeout"}

// TestHoldCutOff: what takes too long is read in smaller parts from there on, and rows
// that came before it was cut off count once. Nobody need ask for it.
func TestHoldCutOff(t *testing.T) {
	_, v, p := faulty(t, func(_ context.Context, first, last byte) error {
		if int(last)-int(first) > 40 {
			return errCutOff
		}
		return nil
	})
	hold(t, v, 1<<20)
	held(t, v, 1000)
	if n := p.read.Load(); n != 3+8 {
		t.Errorf("%d statements, want 3 that are cut off and 8 that are not", n)
	}
	if _, pages, err := v.Pages(t.Context(), keys(a)); err != nil || pages[0].X != 3 {
		t.Errorf("%+v, %v", pages, err)
	}
}

// TestHoldAgain: what may pass is tried again, be it parts that are cut off however
// small they are or a connection that breaks; until then answers come from Postgres.
func TestHoldAgain(t *testing.T) {
	for name, fault := range map[string]error{"always cut off": errCutOff, "broken": errors.New("broken pipe")} {
		t.Run(name, func(t *testing.T) {
			var well atomic.Bool
			_, v, _ := faulty(t, func(context.Context, byte, byte) error {
				if well.Load() {
					return nil
				}
				return fault
			})
			tried := make(tries, 1000)
			holdLogging(t, v, 1<<20, tried)
			for range 2 {
				select {
				case <-tried:
				case <-time.After(10 * time.Second):
					t.Fatal("it is not tried again")
				}
			}
			if _, pages, err := v.Pages(t.Context(), keys(a)); err != nil || pages[0].X != 3 {
				t.Errorf("%+v, %v", pages, err)
			}
			well.Store(true)
			held(t, v, 1000)
		})
	}
}

// TestHoldEnds: Hold ends amid a part, without a word.
func TestHoldEnds(t *testing.T) {
	began := make(chan struct{}, 1)
	_, v, _ := faulty(t, func(ctx context.Context, _, _ byte) error {
		began <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	tried := make(tries, 10)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- v.Hold(ctx, 1<<20, slog.New(tried)) }()
	<-began
	stop()
	if err := <-ended; err != nil || len(tried) > 0 || v.Holds(1) {
		t.Errorf("%v, %d lines of log, held: %v", err, len(tried), v.Holds(1))
	}
}

// TestHoldNone: without memory nothing is read and nothing said.
func TestHoldNone(t *testing.T) {
	l, v, p := faulty(t, func(context.Context, byte, byte) error { return nil })
	tried := make(tries, 10)
	holdLogging(t, v, 0, tried)
	for range 2 {
		if err := third(v.Pages(t.Context(), keys(a))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
		l.view(1, []int64{10, 10}, 7.5, nil)
	}
	if len(tried) > 0 || p.read.Load() > 0 || v.Holds(1) {
		t.Errorf("%d lines of log, %d parts read", len(tried), p.read.Load())
	}
}

// TestHoldBaseFails: what is served cannot be held; what will be next is all the same.
func TestHoldBaseFails(t *testing.T) {
	l, v, _ := faulty(t, func(context.Context, byte, byte) error { return nil })
	exec(t, l.batch, "UPDATE batch_generation SET pages = 7")
	l.view(1, []int64{10, 10}, 7.5, nil)
	l.generation(2, []int64{10, 9}, baseRows)
	hold(t, v, 1<<20)
	eventually(t, v, 2)
	if v.Holds(1) {
		t.Error("it is held though its certificate is of fewer pages")
	}
}
