package view

import (
	"context"

	"github.com/jackc/pgx/v5/pgtype"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// A page's row is the overlay's, if that has one, else the generation's. What
// an alias leads to is looked up in the same way, and its numbers stand for the
// alias's. Each look is a subquery of its own with a limit, which Postgres cannot
// turn into another kind of join, whatever it believes about the size of an overlay
// that has grown since it was counted; one whose condition on what was found before
// fails costs next to nothing. Rows come in any order, each with its place c1.
// $1: keys, $2: view, or 0, for which the overlay has no rows.
func pagesSQL(p *pair) string {
	base := p.table("batch_rank")
	return statement(7, `
  SELECT k.n AS c1, w.url AS c2, coalesce(w.status, 'unknown') AS c3, w.target AS c4, t.url AS c5,
    CASE WHEN w.target IS NULL THEN w.x ELSE t.x END AS c6, CASE WHEN w.target IS NULL THEN w.base_x ELSE t.base_x END AS c7
  FROM unnest($1::uuid[]) WITH ORDINALITY AS k (page, n)
  CROSS JOIN LATERAL (`+merged(base, "k.page")+`) AS w
  LEFT JOIN LATERAL (`+merged(base, "w.target")+`) AS t ON true`, "")
}

// merged selects the one row that is known of a page, without a look for null.
func merged(base, page string) string {
	return `
    SELECT coalesce(o.url, b.url) AS url, coalesce(o.status, b.status) AS status,
      CASE WHEN o.page IS NULL THEN b.target ELSE o.target END AS target,
      CASE WHEN o.page IS NULL THEN b.x ELSE o.x END AS x,
      CASE WHEN o.page IS NULL THEN b.x ELSE o.base_x END AS base_x
    FROM (SELECT WHERE ` + page + ` IS NOT NULL OFFSET 0) AS one
    LEFT JOIN LATERAL (SELECT s.page, s.url, s.status, s.target, s.x, s.base_x FROM speed_rank AS s WHERE s.view = $2 AND s.page = ` + page + ` LIMIT 1) AS o ON true
    LEFT JOIN LATERAL (SELECT r.url, r.status, r.target, r.x FROM ` + base + ` AS r WHERE o.page IS NULL AND r.page = ` + page + ` LIMIT 1) AS b ON true`
}

// Pages implements [serving.Reader].
func (v *View) Pages(ctx context.Context, keys []link.PageKey) (serving.Snapshot, []serving.Page, error) {
	if len(keys) > gatherKeys {
		return v.readPages(ctx, keys)
	}
	return v.few.ask(ctx, keys)
}

func (v *View) readPages(ctx context.Context, keys []link.PageKey) (serving.Snapshot, []serving.Page, error) {
	ids := make(pgtype.FlatArray[pgtype.UUID], len(keys))
	for i, k := range keys {
		ids[i] = pgtype.UUID{Bytes: k, Valid: true}
	}
	var (
		places                     pgtype.FlatArray[int64]
		urls, statuses, targetURLs pgtype.FlatArray[pgtype.Text]
		targets                    pgtype.FlatArray[pgtype.UUID]
		xs, bases                  pgtype.FlatArray[pgtype.Float8]
	)
	snap, err := v.read(ctx, func(p *pair) (string, []any, []any, error) {
		return pagesSQL(p), []any{ids, p.view}, []any{&places, &urls, &statuses, &targets, &targetURLs, &xs, &bases}, nil
	})
	if err != nil {
		return snap, nil, err
	}
	pages := make([]serving.Page, len(keys))
	for i, n := range places {
		pages[n-1] = serving.Page{
			Key: keys[n-1], URL: urls[i].String, Status: serving.Status(statuses[i].String),
			X: xs[i].Float64, BaseX: bases[i].Float64, Ranked: xs[i].Valid,
		}
		if targets[i].Valid {
			pages[n-1].Target = &serving.Target{Key: targets[i].Bytes, URL: targetURLs[i].String}
		}
	}
	return snap, pages, nil
}

// value returns what p points to, zero for null.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
