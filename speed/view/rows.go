package view

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"freshrank/speed"
)

// upsertLimit is how many rows one statement takes: the arrays of all of them
// are in memory on both sides.
const upsertLimit = 20_000

// upsertRows replaces what a view says of the rows' pages. One INSERT … SELECT
// FROM unnest beats a temporary table and a pipeline of single statements; rows
// that come in the order of the primary key touch each index page once.
func upsertRows(ctx context.Context, tx pgx.Tx, view int64, rows []speed.Row) error {
	for part := range slices.Chunk(rows, upsertLimit) {
		n := len(part)
		pages, targets := make([][16]byte, n), make([]*[16]byte, n)
		urls, hosts, domains, statuses := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
		x, base := make([]*float64, n), make([]*float64, n)
		for i, r := range part {
			pages[i], targets[i] = r.Page, (*[16]byte)(r.Target)
			urls[i], hosts[i], domains[i], statuses[i] = r.URL, r.Host, r.Domain, r.Status.String()
			x[i], base[i] = r.X, r.BaseX
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO speed_rank (view, page, url, host, domain, status, target, x, base_x)
			SELECT $1, u.page, u.url, u.host, u.domain, u.status, u.target, u.x, u.base_x
			FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::float8[], $9::float8[])
			  AS u (page, url, host, domain, status, target, x, base_x)
			ON CONFLICT (view, page) DO UPDATE SET status = excluded.status, target = excluded.target,
			  x = excluded.x, base_x = excluded.base_x`,
			view, pages, urls, hosts, domains, statuses, targets, x, base)
		if err != nil {
			return fmt.Errorf("write %d rows: %w", n, err)
		}
	}
	return nil
}

// copyRows writes the rows of a view that has none.
func copyRows(ctx context.Context, tx pgx.Tx, view int64, rows []speed.Row) error {
	columns := []string{"view", "page", "url", "host", "domain", "status", "target", "x", "base_x"}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"speed_rank"}, columns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		r := rows[i]
		return []any{view, [16]byte(r.Page), r.URL, r.Host, r.Domain, r.Status.String(), (*[16]byte)(r.Target), r.X, r.BaseX}, nil
	}))
	if err != nil {
		return fmt.Errorf("copy %d rows: %w", len(rows), err)
	}
	return nil
}
