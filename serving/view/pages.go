package view

import (
	"context"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// A page's row is the overlay's, if that has one, else the generation's. What
// an alias leads to is looked up in the same way, and its numbers stand for the
// alias's. $1: keys, $2: view, or 0, for which the overlay has no rows.
func pagesSQL(p *pair) string {
	base := p.table("batch_rank")
	return statement(6, `
  SELECT w.n, w.url AS c1, w.status AS c2, w.target AS c3, coalesce(ot.url, bt.url) AS c4,
    CASE WHEN w.target IS NULL THEN w.x WHEN ot.page IS NULL THEN bt.x ELSE ot.x END AS c5,
    CASE WHEN w.target IS NULL THEN w.base_x WHEN ot.page IS NULL THEN bt.x ELSE ot.base_x END AS c6
  FROM (
    SELECT k.n, coalesce(o.url, b.url) AS url, coalesce(o.status, b.status, 'unknown') AS status,
      CASE WHEN o.page IS NULL THEN b.target ELSE o.target END AS target,
      CASE WHEN o.page IS NULL THEN b.x ELSE o.x END AS x,
      CASE WHEN o.page IS NULL THEN b.x ELSE o.base_x END AS base_x
    FROM unnest($1::uuid[]) WITH ORDINALITY AS k (page, n)
    LEFT JOIN speed_rank AS o ON o.view = $2 AND o.page = k.page
    LEFT JOIN `+base+` AS b ON b.page = k.page
  ) AS w
  LEFT JOIN speed_rank AS ot ON ot.view = $2 AND ot.page = w.target
  LEFT JOIN `+base+` AS bt ON bt.page = w.target`, "n")
}

// Pages implements [serving.Reader].
func (v *View) Pages(ctx context.Context, keys []link.PageKey) (serving.Snapshot, []serving.Page, error) {
	// pgx knows [16]byte as a uuid, and any other array type as an array.
	ids := make([][16]byte, len(keys))
	for i, k := range keys {
		ids[i] = k
	}
	var (
		urls, statuses, targetURLs []*string
		targets                    []*[16]byte
		xs, bases                  []*float64
	)
	snap, err := v.read(ctx, func(p *pair) (string, []any, []any, error) {
		return pagesSQL(p), []any{ids, p.view}, []any{&urls, &statuses, &targets, &targetURLs, &xs, &bases}, nil
	})
	if err != nil {
		return snap, nil, err
	}
	pages := make([]serving.Page, len(keys))
	for i, k := range keys {
		pages[i] = serving.Page{
			Key: k, URL: value(urls[i]), Status: serving.Status(value(statuses[i])),
			X: value(xs[i]), BaseX: value(bases[i]), Ranked: xs[i] != nil,
		}
		if targets[i] != nil {
			pages[i].Target = &serving.Target{Key: *targets[i], URL: value(targetURLs[i])}
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
