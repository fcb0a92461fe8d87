package view

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"freshrank/serving"
)

// holder keeps the generations that are answered from in memory, and the one that
// will be next.
type holder struct {
	moved chan struct{} // holds a token if the pair has moved
	at    atomic.Pointer[map[edition]*held]
	again time.Duration // how long a generation that could not be loaded is left alone
}

// wake says that the pair has moved.
func (h *holder) wake() {
	select {
	case h.moved <- struct{}{}:
	default:
	}
}

// of returns what is held of the pair's generation; nil: nothing.
func (h *holder) of(p *pair) *held { return h.all()[p.base.edition()] }

// set replaces what is held; at is not written to any more.
func (h *holder) set(at map[edition]*held) { h.at.Store(&at) }

func (h *holder) all() map[edition]*held {
	if at := h.at.Load(); at != nil {
		return *at
	}
	return nil
}

// Hold keeps generations in memory, in at most so many bytes, until ctx is done. Until
// one is loaded, and if it does not fit, answers come from Postgres alone: they are the
// same. During a handover there are two.
func (v *View) Hold(ctx context.Context, most int64, log *slog.Logger) error {
	if most <= 0 {
		<-ctx.Done()
		return nil
	}
	_, _ = v.pair(ctx, nil) // there may be none yet; the first question finds out why
	var retry <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-v.held.moved:
		case <-retry:
		}
		retry = nil
		if v.holdPair(ctx, most, log) {
			retry = time.After(v.held.again)
		}
	}
}

// holdPair loads what the current pair needs and lets go of everything else. It reports
// whether something failed that passes.
func (v *View) holdPair(ctx context.Context, most int64, log *slog.Logger) (retry bool) {
	p := v.current.Load()
	if p == nil {
		return false
	}
	at := map[edition]*held{}
	for _, g := range []*generation{p.base, p.active} {
		id := g.edition()
		if h := v.held.all()[id]; h != nil && at[id] == nil {
			at[id] = h
			most -= heldBytes(g.KnownPages)
		}
	}
	v.held.set(at)
	for i, g := range []*generation{p.base, p.active} {
		id := g.edition()
		if at[id] != nil || i > 0 && id == p.base.edition() {
			continue
		}
		log := log.With("generation", id.number, "pages", g.KnownPages)
		if !fits(g.KnownPages, most) {
			log.WarnContext(ctx, "a generation's ranks do not fit into memory: answers come from Postgres alone", "left", most)
			continue
		}
		began := time.Now()
		h, err := v.loadHeld(ctx, g)
		switch {
		case ctx.Err() != nil:
			return false
		case err != nil:
			log.WarnContext(ctx, "ranks are not kept in memory", "error", err)
			retry = retry || errors.Is(err, serving.ErrUnavailable) // what else there is does not pass
			continue
		case h == nil:
			return retry // the pair has moved: there is a token
		}
		most -= heldBytes(g.KnownPages)
		at = maps.Clone(at) // readers have the other
		at[id] = h
		v.held.set(at)
		log.InfoContext(ctx, "ranks in memory", "bytes", heldBytes(g.KnownPages), "took", time.Since(began))
	}
	return retry
}

// wants reports whether the current pair needs a generation.
func (v *View) wants(id edition) bool {
	p := v.current.Load()
	return id == p.base.edition() || id == p.active.edition()
}

const (
	// partRows is about how many rows are read in one statement.
	partRows = 50_000
	// prefixes is how many ways there are to begin a key: its first four bytes.
	prefixes = 1 << 32
)

// loadHeld reads a generation's rows, which never change, in parts: a statement that
// takes long is cut off, and its snapshot keeps Postgres from removing old rows of the
// overlay. A part that is cut off all the same is read in halves from there on, down to
// a sixty-fourth. After each part the readers have the database to themselves for as
// long. It returns nil if the generation is not wanted any more.
func (v *View) loadHeld(ctx context.Context, g *generation) (*held, error) {
	h := newHeld(g.KnownPages)
	step := uint64(prefixes / max(g.KnownPages/partRows, 1))
	least := step / 64
	for from := uint64(0); from < prefixes; {
		began := time.Now()
		err := v.loadPart(ctx, h, g, from, min(from+step, prefixes)-1)
		switch {
		case err == nil:
			from += step
		case cutOff(err) && step/2 > least && ctx.Err() == nil:
			step /= 2
		default:
			return nil, err
		}
		if !v.wants(g.edition()) {
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

// errFull says that there are more rows than the generation has recorded.
var errFull = errors.New("more rows than known pages")

// loadPart reads the rows whose keys begin with first to last.
func (v *View) loadPart(ctx context.Context, h *held, g *generation, first, last uint64) error {
	what := fmt.Sprintf("read ranks of generation %d", g.Generation.Generation)
	rows, err := v.db.Query(ctx, fmt.Sprintf("SELECT r.page, r.x, r.status = 'ranked' FROM batch_rank_%d AS r WHERE r.page BETWEEN $1 AND $2",
		g.Generation.Generation), edge(first, 0), edge(last, 0xff))
	if err != nil {
		return failure(ctx, what, err)
	}
	var (
		key   pgtype.UUID
		x     pgtype.Float8
		plain bool
	)
	_, err = pgx.ForEachRow(rows, []any{&key, &x, &plain}, func() error {
		if !h.add(key.Bytes, x, plain) {
			return errFull
		}
		return nil
	})
	switch {
	case errors.Is(err, errFull): // no fault of the database's
		return fmt.Errorf("%s: %w", what, err)
	case err != nil:
		return failure(ctx, what, err)
	}
	return nil
}

// edge returns the key that begins with a prefix, all its other bytes being rest.
func edge(prefix uint64, rest byte) pgtype.UUID {
	id := pgtype.UUID{Valid: true}
	for i := range id.Bytes {
		id.Bytes[i] = rest
	}
	binary.BigEndian.PutUint32(id.Bytes[:], uint32(prefix))
	return id
}
