package view

import (
	"context"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"freshrank/batch"
)

// Publish implements [batch.View]. Nothing that readers use is locked before the
// last statements, which write one row each.
func (v *View) Publish(ctx context.Context, epoch int64, p *batch.Publication, progress func(rows int)) error {
	return pgx.BeginFunc(ctx, v.pool, func(tx pgx.Tx) error {
		if err := fenced(ctx, tx, epoch); err != nil {
			return err
		}
		for _, t := range tables(p.Number) {
			if _, err := tx.Exec(ctx, t.create); err != nil {
				return fmt.Errorf("create %s: %w", t.name, err)
			}
		}
		if err := fill(ctx, tx, p, progress); err != nil {
			return err
		}
		for _, t := range tables(p.Number) {
			if _, err := tx.Exec(ctx, t.finish); err != nil {
				return fmt.Errorf("index %s: %w", t.name, err)
			}
		}
		return record(ctx, tx, epoch, &p.Generation)
	})
}

type table struct{ name, create, finish string }

// tables returns the tables of generation g. Indexes are made after the rows, at
// a fraction of the cost; statistics at once, because the first query counts.
func tables(g int64) []table {
	list := []table{{
		name: fmt.Sprintf("batch_rank_%d", g),
		create: `CREATE TABLE %[1]s (
			page uuid NOT NULL, url text NOT NULL, host text NOT NULL, domain text NOT NULL,
			status text NOT NULL, target uuid, x double precision)`,
		finish: `
			ALTER TABLE %[1]s ADD PRIMARY KEY (page);
			CREATE INDEX %[1]s_top ON %[1]s (x DESC, page) WHERE x IS NOT NULL;
			CREATE INDEX %[1]s_of_host ON %[1]s (host, x DESC, page) WHERE x IS NOT NULL;`,
	}, {
		name:   fmt.Sprintf("batch_host_%d", g),
		create: `CREATE TABLE %[1]s (host text NOT NULL, domain text NOT NULL, pages bigint NOT NULL, x double precision NOT NULL)`,
		finish: `ALTER TABLE %[1]s ADD PRIMARY KEY (host);`,
	}, {
		name:   fmt.Sprintf("batch_domain_%d", g),
		create: `CREATE TABLE %[1]s (domain text NOT NULL, pages bigint NOT NULL, x double precision NOT NULL)`,
		finish: `ALTER TABLE %[1]s ADD PRIMARY KEY (domain);`,
	}}
	for i := range list {
		t := &list[i]
		// One of the same number can only stem from a database restored in part.
		t.create = fmt.Sprintf("DROP TABLE IF EXISTS %[1]s; "+t.create, t.name)
		t.finish = fmt.Sprintf(t.finish+" GRANT SELECT ON %[1]s TO freshrank_serving; ANALYZE %[1]s;", t.name)
	}
	return list
}

// fill copies the rows.
func fill(ctx context.Context, tx pgx.Tx, p *batch.Publication, progress func(rows int)) error {
	t := tables(p.Number)
	columns := []string{"page", "url", "host", "domain", "status", "target", "x"}
	next, stop := iter.Pull(p.Pages)
	defer stop()
	rows := 0
	copied, err := tx.CopyFrom(ctx, pgx.Identifier{t[0].name}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		r, ok := next()
		if !ok {
			return nil, nil
		}
		if rows++; rows%4096 == 0 {
			progress(rows)
		}
		return []any{
			pgtype.UUID{Bytes: r.Key, Valid: true}, r.URL, r.Host, r.Domain, r.Status,
			pgtype.UUID{Bytes: r.Target, Valid: r.Alias}, pgtype.Float8{Float64: r.X, Valid: r.HasX},
		}, nil
	}))
	if err == nil && copied != int64(p.Rows) {
		err = fmt.Errorf("%d rows arrived of %d", copied, p.Rows)
	}
	if err != nil {
		return fmt.Errorf("copy into %s: %w", t[0].name, err)
	}
	progress(rows)
	for i, groups := range [][]batch.Group{p.Hosts, p.Domains} {
		columns := []string{"host", "domain", "pages", "x"}[i:]
		_, err := tx.CopyFrom(ctx, pgx.Identifier{t[1+i].name}, columns, pgx.CopyFromSlice(len(groups), func(k int) ([]any, error) {
			return []any{groups[k].Name, groups[k].Domain, groups[k].Pages, groups[k].X}[i:], nil
		}))
		if err != nil {
			return fmt.Errorf("copy into %s: %w", t[1+i].name, err)
		}
	}
	return nil
}
