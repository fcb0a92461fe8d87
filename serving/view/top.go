package view

import (
	"context"
	"fmt"
	"math/bits"
	"strings"

	"freshrank/serving"
)

// Both lists are read in order of their index from the mark on, and merged; a
// page of the overlay hides its row of the generation. What follows a mark is two
// ranges of the index, the rest of the pages with the same x, often very many,
// and those with less. Each part yields at most as many rows as are wanted, so
// the merge is exact. That bound is written out, rounded up so that there are few
// statements: for a parameter Postgres would plan as if a tenth of the table were
// wanted, and sort it all.
//
// An overlay can hide nearly all of the generation, so its part comes first: if
// that is full, rows of the generation below its last x cannot be in the answer,
// and the scan for one that is not hidden ends there instead of at the table's end.
// Whether a row is hidden is asked row by row, as a value: of NOT EXISTS Postgres
// makes a join, and of a view that has no statistics yet a quadratic one.
//
// A generation's pages know the number of their host in its table of hosts.
//
// $1: view, $2: limit, then the mark and the host, if there are any.
func topSQL(p *pair, q serving.TopQuery) string {
	host, number, ranges := "", "", []string{""}
	if q.Host != "" {
		parameter := "$3"
		if q.After != nil {
			parameter = "$5"
		}
		host = " AND host = " + parameter
		number = " AND host = (SELECT number FROM " + p.table("batch_host") + " WHERE host = " + parameter + ")"
	}
	if q.After != nil {
		ranges = []string{" AND x = $3 AND page > $4", " AND x < $3"}
	}
	const order = " ORDER BY x DESC, page LIMIT "
	bound := fmt.Sprint(1 << bits.Len(uint(q.Limit)))
	var lists, parts []string
	for i, r := range ranges {
		where, list := "x IS NOT NULL"+r, fmt.Sprintf("o%d", i)
		lists = append(lists, list+" AS MATERIALIZED (SELECT page, url, status, x, base_x FROM speed_rank WHERE view = $1 AND "+where+host+order+bound+")")
		parts = append(parts,
			"(SELECT page, url, status, x, base_x FROM "+list+")",
			"(SELECT page, url, status, x, x AS base_x FROM "+p.table("batch_rank")+" AS b WHERE "+where+number+
				" AND x >= (SELECT CASE count(*) WHEN "+bound+" THEN min(x) ELSE '-Infinity' END FROM "+list+")"+
				" AND (SELECT true FROM speed_rank AS o WHERE o.view = $1 AND o.page = b.page) IS NULL"+order+bound+")")
	}
	return statement(5, `
  WITH `+strings.Join(lists, ",\n    ")+`
  SELECT u.page AS c1, u.url AS c2, u.status AS c3, u.x AS c4, u.base_x AS c5
  FROM (
    `+strings.Join(parts, "\n    UNION ALL\n    ")+`
  ) AS u`+order+"$2", "c4 DESC, c1")
}

// Top implements [serving.Reader].
func (v *View) Top(ctx context.Context, q serving.TopQuery) (serving.Snapshot, []serving.Page, error) {
	var (
		keys           [][16]byte
		urls, statuses []string
		xs             []float64
		bases          []*float64
	)
	snap, err := v.read(ctx, func(p *pair) (string, []any, []any, error) {
		args := []any{p.view, q.Limit}
		if m := q.After; m != nil {
			if m.Generation != p.base.Generation.Generation || m.View != p.view {
				return "", nil, nil, serving.ErrViewMoved
			}
			args = append(args, m.X, [16]byte(m.Key))
		}
		if q.Host != "" {
			args = append(args, q.Host)
		}
		return topSQL(p, q), args, []any{&keys, &urls, &statuses, &xs, &bases}, nil
	})
	if err != nil {
		return snap, nil, err
	}
	pages := make([]serving.Page, len(keys))
	for i := range keys {
		pages[i] = serving.Page{
			Key: keys[i], URL: urls[i], Status: serving.Status(statuses[i]),
			X: xs[i], BaseX: value(bases[i]), Ranked: true,
		}
	}
	return snap, pages, nil
}
