package view

import (
	"context"

	"github.com/jackc/pgx/v5"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

const generationColumns = `
  g.generation, g.run::text, g.published_at, g.as_of, g.cut, g.parameters, g.known_pages, g.links, g.sweeps,
  g.damping, g.pages, g.sum, g.dangling, g.plus, g.minus, g.epsilon_plus, g.epsilon_minus, g.x_max, g.retained,
  g.generation = coalesce((SELECT p.generation FROM batch_pointer AS p), 0)`

func scanGeneration(row pgx.CollectableRow, more ...any) (serving.Generation, error) {
	var g serving.Generation
	var c certificate
	var cut []int64
	err := row.Scan(append([]any{
		&g.Generation, &g.Run, &g.PublishedAt, &g.AsOf, &cut, &g.Parameters, &g.KnownPages, &g.Links, &g.Sweeps,
		&c.damping, &c.pages, &c.sum, &c.dangling, &c.plus, &c.minus, &c.epsilonPlus, &c.epsilonMinus, &g.XMax, &g.Retained,
		&g.Active,
	}, more...)...)
	g.Cut, g.Certificate = link.Offsets(cut), c.of()
	g.PublishedAt, g.AsOf = g.PublishedAt.UTC(), g.AsOf.UTC()
	return g, err
}

// generations reads whole generation rows.
func (v *View) generations(ctx context.Context, numbers ...int64) (map[edition]*generation, error) {
	rows, err := v.db.Query(ctx, "SELECT"+generationColumns+", g.quantiles FROM batch_generation AS g WHERE g.generation = ANY($1)", numbers)
	if err != nil {
		return nil, failure(ctx, "read generations", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*generation, error) {
		var g generation
		var err error
		g.Generation, err = scanGeneration(row, &g.quantiles)
		return &g, err
	})
	if err != nil {
		return nil, failure(ctx, "read generations", err)
	}
	all := make(map[edition]*generation, len(found))
	for _, g := range found {
		all[g.edition()] = g
	}
	return all, nil
}

// Generations implements [serving.Reader].
func (v *View) Generations(ctx context.Context, limit int, before int64) ([]serving.Generation, error) {
	rows, err := v.db.Query(ctx, "SELECT"+generationColumns+`
FROM batch_generation AS g WHERE $2 = 0 OR g.generation < $2
ORDER BY g.generation DESC LIMIT $1`, limit, before)
	if err != nil {
		return nil, failure(ctx, "list generations", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (serving.Generation, error) { return scanGeneration(row) })
	if err != nil {
		return nil, failure(ctx, "list generations", err)
	}
	return list, nil
}

// Health implements [serving.Reader]. The head is one snapshot; the rows of the
// generations never change.
func (v *View) Health(ctx context.Context) (serving.Health, error) {
	for range attempts {
		h, p, err := v.load(ctx)
		if err != nil && h == nil {
			return serving.Health{}, err
		}
		if h.active.number == 0 {
			return serving.Health{}, nil
		}
		if err != nil {
			return serving.Health{}, err
		}
		if p != nil {
			return v.health(h, p), nil
		}
	}
	return serving.Health{}, serving.ErrUnavailable
}

func (v *View) health(h *head, p *pair) serving.Health {
	out := serving.Health{
		Snapshot: p.snapshot(h), Ready: true, Active: p.active.Generation, Held: v.held.of(p).count(),
		Applied: p.base.Cut, Links: p.base.Links, Parameters: p.base.Parameters,
	}
	out.Lag = max(v.now().Sub(out.AsOf), 0)
	if h.speed.View != 0 {
		speed := h.speed
		speed.Used = p.view != 0
		out.Speed, out.End = &speed, h.end
	}
	if p.view != 0 {
		out.Applied, out.Links, out.EpsilonAim = h.applied, h.links, h.epsilonAim
	}
	return out
}
