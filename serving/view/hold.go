package view

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// holder keeps the generations that are answered from in memory, and the one that
// will be next.
type holder struct {
	moved chan struct{} // holds a token if the pair has moved
	at    atomic.Pointer[map[int64]*held]
}

// wake says that the pair has moved.
func (h *holder) wake() {
	select {
	case h.moved <- struct{}{}:
	default:
	}
}

// of returns what is held of the pair's generation; nil: nothing.
func (h *holder) of(p *pair) *held { return h.all()[p.base.Generation.Generation] }

// set replaces what is held; at is not written to any more.
func (h *holder) set(at map[int64]*held) { h.at.Store(&at) }

func (h *holder) all() map[int64]*held {
	if at := h.at.Load(); at != nil {
		return *at
	}
	return nil
}

// again is how long a generation that could not be loaded is left alone.
const again = 10 * time.Second

// Hold keeps generations in memory, in at most so many bytes, until ctx is done. Until
// one is loaded, and if it does not fit, answers come from Postgres alone: they are the
// same. During a handover there are two.
func (v *View) Hold(ctx context.Context, most int64, log *slog.Logger) error {
	var retry <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-v.held.moved:
		case <-retry:
		}
		retry = nil
		if err := v.holdPair(ctx, most, log); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "ranks are not kept in memory", "error", err)
			if errors.Is(err, serving.ErrUnavailable) { // what else there is does not pass
				retry = time.After(again)
			}
		}
	}
}

// holdPair loads what the current pair needs and lets go of everything else.
func (v *View) holdPair(ctx context.Context, most int64, log *slog.Logger) error {
	p := v.current.Load()
	if p == nil {
		return nil
	}
	at := map[int64]*held{}
	for _, g := range []*generation{p.base, p.known[p.active.Generation]} {
		number := g.Generation.Generation
		if h := v.held.all()[number]; h != nil && at[number] == nil {
			at[number] = h
			most -= heldBytes(g.KnownPages)
		}
	}
	v.held.set(at)
	for _, g := range []*generation{p.base, p.known[p.active.Generation]} {
		number, size := g.Generation.Generation, heldBytes(g.KnownPages)
		if at[number] != nil {
			continue
		}
		if size > most {
			log.WarnContext(ctx, "a generation's ranks do not fit into memory: answers come from Postgres alone",
				"generation", number, "bytes", size, "left", most)
			continue
		}
		began := time.Now()
		h, err := v.loadHeld(ctx, g, func() bool {
			now := v.current.Load()
			return number == now.base.Generation.Generation || number == now.active.Generation
		})
		if h == nil || err != nil {
			return err
		}
		most -= size
		at = maps.Clone(at) // readers have the other
		at[number] = h
		v.held.set(at)
		log.InfoContext(ctx, "ranks in memory", "generation", number, "pages", h.rows, "bytes", size, "took", time.Since(began))
	}
	return nil
}

// loadHeld reads a generation's rows, which never change, in parts: a statement that
// takes long is cut off, and its snapshot keeps Postgres from removing old rows of the
// overlay. After each part the readers have the database to themselves for as long.
// It returns nil if the generation is not wanted any more.
func (v *View) loadHeld(ctx context.Context, g *generation, wanted func() bool) (*held, error) {
	h := newHeld(g.KnownPages)
	step := int(min(max(256*partRows/max(g.KnownPages, 1), 1), 256))
	for from := 0; from < 256; from += step {
		began := time.Now()
		if err := v.loadPart(ctx, h, g, from, from+step); err != nil {
			return nil, failure(ctx, fmt.Sprintf("read ranks of generation %d", g.Generation.Generation), err)
		}
		if !wanted() {
			return nil, nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(time.Since(began)):
		}
	}
	if int64(h.ranks) != int64(g.Certificate.Pages) {
		return nil, fmt.Errorf("read ranks of generation %d: %d rows have a rank, its certificate is of %d", g.Generation.Generation, h.ranks, g.Certificate.Pages)
	}
	return h, nil
}

// partRows is about how many rows are read in one statement.
const partRows = 50_000

// loadPart reads the rows whose keys' first byte lies in [from, to).
func (v *View) loadPart(ctx context.Context, h *held, g *generation, from, to int) error {
	table := fmt.Sprintf("batch_rank_%d", g.Generation.Generation)
	sql := "SELECT r.page, r.x, r.status = 'ranked' FROM " + table + " AS r WHERE r.page >= $1::uuid"
	args := []any{pgtype.UUID{Bytes: link.PageKey{byte(from)}, Valid: true}}
	if to < 256 {
		sql += " AND r.page < $2::uuid"
		args = append(args, pgtype.UUID{Bytes: link.PageKey{byte(to)}, Valid: true})
	}
	rows, err := v.db.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var (
		key   pgtype.UUID
		x     pgtype.Float8
		plain bool
	)
	_, err = pgx.ForEachRow(rows, []any{&key, &x, &plain}, func() error {
		if x.Valid {
			h.ranks++
		}
		if !h.add(key.Bytes, x.Float64, plain && x.Valid) {
			return fmt.Errorf("there are more than the %d it has recorded", g.KnownPages)
		}
		return nil
	})
	return err
}
