package view

import (
	"context"

	"freshrank/serving"
)

// The generation's sum over a host or domain, moved by what the overlay says of
// each of its pages. $1: view, $2: the host or domain.
func sumSQL(p *pair, by string) string {
	domain := "coalesce(b.domain, o.domain)"
	if by == "domain" {
		domain = "$2"
	}
	return statement(4, `
  SELECT 1 AS n, coalesce(b.pages, 0) + o.pages AS c1, coalesce(b.x, 0) + o.x AS c2, coalesce(b.x, 0) AS c3,
    `+domain+` AS c4
  FROM (
    SELECT count(x) - count(base_x) AS pages, coalesce(sum(coalesce(x, 0) - coalesce(base_x, 0)), 0) AS x,
      min(domain) AS domain
    FROM speed_rank WHERE view = $1 AND `+by+` = $2
  ) AS o
  LEFT JOIN `+p.table("batch_"+by)+` AS b ON b.`+by+` = $2`, "n")
}

// Host implements [serving.Reader].
func (v *View) Host(ctx context.Context, host string) (serving.Snapshot, serving.Sum, error) {
	return v.sum(ctx, "host", host)
}

// Domain implements [serving.Reader].
func (v *View) Domain(ctx context.Context, domain string) (serving.Snapshot, serving.Sum, error) {
	return v.sum(ctx, "domain", domain)
}

func (v *View) sum(ctx context.Context, by, name string) (serving.Snapshot, serving.Sum, error) {
	var pages []int64
	var xs, bases []float64
	var domains []*string
	snap, err := v.read(ctx, func(p *pair) (string, []any, []any, error) {
		return sumSQL(p, by), []any{p.view, name}, []any{&pages, &xs, &bases, &domains}, nil
	})
	if err != nil {
		return snap, serving.Sum{}, err
	}
	sum := serving.Sum{Pages: pages[0], X: xs[0], BaseX: bases[0], Domain: value(domains[0])}
	if sum.Pages == 0 {
		sum.X = 0 // what is left of the differences is rounding
	}
	return snap, sum, nil
}
