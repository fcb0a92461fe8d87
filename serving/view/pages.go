package view

import (
	"context"

	"github.com/jackc/pgx/v5/pgtype"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// A page's row is the overlay's, if that has one, else the generation's. What
// an alias leads to is looked up in the same way, and its numbers stand for the
// alias's. Each of these looks is a subquery of its own with a limit, which Postgres
// cannot turn into another kind of join, whatever it believes about the size of an
// overlay that has grown since it was counted; one whose condition on what was found
// before fails costs next to nothing. Rows come in any order.
//
// Of pages whose row of the generation is in memory ([held]) only the overlay is
// asked for, and yields those that it has: one condition on its primary key, in full,
// with which Postgres goes through that index whatever it believes. $1: their keys, $2: view, or 0, for which
// the overlay has no rows, $3: keys of all others.
func pagesSQL(p *pair) string {
	base := p.table("batch_rank")
	const numbers = `,
    CASE WHEN w.target IS NULL THEN w.x ELSE t.x END AS c5, CASE WHEN w.target IS NULL THEN w.base_x ELSE t.base_x END AS c6`
	return statement(6, `
  SELECT w.page AS c1, w.status AS c2, w.target AS c3, t.url AS c4`+numbers+`
  FROM speed_rank AS w
  LEFT JOIN LATERAL (`+merged(base, "w.target")+`) AS t ON true
  WHERE w.view = $2 AND w.page = ANY ($1::uuid[])
  UNION ALL
  SELECT k.page, coalesce(w.status, 'unknown'), w.target, t.url`+numbers+`
  FROM unnest($3::uuid[]) AS k (page)
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
	var (
		pages             []serving.Page
		found, targets    pgtype.FlatArray[pgtype.UUID]
		statuses, leadsTo pgtype.FlatArray[pgtype.Text]
		xs, bases         pgtype.FlatArray[pgtype.Float8]
	)
	snap, err := v.read(ctx, func(p *pair) (string, []any, []any, error) {
		var known, others pgtype.FlatArray[pgtype.UUID]
		pages, known, others = v.held.of(p).pages(keys)
		return pagesSQL(p), []any{known, p.view, others}, []any{&found, &statuses, &targets, &leadsTo, &xs, &bases}, nil
	})
	if err != nil || len(found) == 0 {
		return snap, pages, err
	}
	rows := make(map[link.PageKey]int, len(found))
	for i, page := range found {
		rows[page.Bytes] = i
	}
	for n, key := range keys {
		i, ok := rows[key]
		if !ok {
			continue
		}
		pages[n] = serving.Page{
			Key: key, Status: serving.Status(statuses[i].String), X: xs[i].Float64, BaseX: bases[i].Float64, Ranked: xs[i].Valid,
		}
		if targets[i].Valid {
			pages[n].Target = &serving.Target{Key: targets[i].Bytes, URL: leadsTo[i].String}
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
