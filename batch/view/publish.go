package view

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"freshrank/batch"
)

// Publish implements [batch.View]. Nothing that readers use is locked before the
// last statements, which write one row each.
func (v *View) Publish(ctx context.Context, epoch int64, p *batch.Publication, progress func(part float64, rows int)) error {
	return pgx.BeginFunc(ctx, v.pool, func(tx pgx.Tx) error {
		if err := fenced(ctx, tx, epoch); err != nil {
			return err
		}
		list := tables(p.Number)
		for _, t := range list {
			if _, err := tx.Exec(ctx, t.create); err != nil {
				return fmt.Errorf("create %s: %w", t.name, err)
			}
		}
		if err := fill(ctx, tx, p, list, func(rows int) {
			progress(copied*float64(rows)/float64(max(p.Rows, 1)), rows)
		}); err != nil {
			return err
		}
		part := copied
		for _, t := range list {
			for _, f := range t.finish {
				if _, err := tx.Exec(ctx, f.sql); err != nil {
					return fmt.Errorf("index %s: %w", t.name, err)
				}
				part += f.part
				progress(part, p.Rows)
			}
		}
		return record(ctx, tx, epoch, &p.Generation)
	})
}

// copied is the part of publishing that copying rows is, at 10 million pages; the
// parts of the indexes stand beside them. What is missing to 1 is COMMIT, which
// waits until all of it is on the disk.
const copied = 0.45

type table struct {
	name, create string
	finish       []step
}

// step is a statement, and what part of publishing it is.
type step struct {
	sql  string
	part float64
}

// tables returns the tables of generation g. Indexes are made after the rows, at
// a fraction of the cost; statistics at once, because the first query counts.
func tables(g int64) []table {
	list := []table{{
		name: fmt.Sprintf("batch_rank_%d", g),
		create: `CREATE TABLE %[1]s (
			page uuid NOT NULL, x double precision, host integer NOT NULL,
			status text NOT NULL, target uuid, url text NOT NULL)`,
		finish: []step{
			{`ALTER TABLE %[1]s ADD PRIMARY KEY (page)`, 0.12},
			{`CREATE INDEX %[1]s_top ON %[1]s (x DESC, page) WHERE x IS NOT NULL`, 0.16},
			{`CREATE INDEX %[1]s_of_host ON %[1]s (host, x DESC, page) WHERE x IS NOT NULL`, 0.19},
		},
	}, {
		name: fmt.Sprintf("batch_host_%d", g),
		create: `CREATE TABLE %[1]s (host text NOT NULL, number integer NOT NULL, domain text NOT NULL,
			pages bigint NOT NULL, x double precision NOT NULL)`,
		finish: []step{{`ALTER TABLE %[1]s ADD PRIMARY KEY (host)`, 0}},
	}, {
		name:   fmt.Sprintf("batch_domain_%d", g),
		create: `CREATE TABLE %[1]s (domain text NOT NULL, pages bigint NOT NULL, x double precision NOT NULL)`,
		finish: []step{{`ALTER TABLE %[1]s ADD PRIMARY KEY (domain)`, 0}},
	}}
	for i := range list {
		t := &list[i]
		// One of the same number can only stem from a database restored in part.
		t.create = fmt.Sprintf("DROP TABLE IF EXISTS %[1]s; "+t.create, t.name)
		t.finish = append(t.finish, step{`GRANT SELECT ON %[1]s TO freshrank_serving; ANALYZE %[1]s`, 0.01})
		for k := range t.finish {
			t.finish[k].sql = fmt.Sprintf(t.finish[k].sql, t.name)
		}
	}
	return list
}

// fill copies the rows.
func fill(ctx context.Context, tx pgx.Tx, p *batch.Publication, list []table, progress func(rows int)) error {
	if err := copyPages(ctx, tx, list[0].name, p, progress); err != nil {
		return fmt.Errorf("copy into %s: %w", list[0].name, err)
	}
	for _, groups := range []struct {
		name    string
		columns []string
		rows    int
		row     func(i int) ([]any, error)
	}{
		{list[1].name, []string{"host", "number", "domain", "pages", "x"}, len(p.Hosts), func(i int) ([]any, error) {
			h := &p.Hosts[i]
			return []any{h.Name, i, h.Domain, h.Pages, h.X}, nil
		}},
		{list[2].name, []string{"domain", "pages", "x"}, len(p.Domains), func(i int) ([]any, error) {
			d := &p.Domains[i]
			return []any{d.Name, d.Pages, d.X}, nil
		}},
	} {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{groups.name}, groups.columns, pgx.CopyFromSlice(groups.rows, groups.row)); err != nil {
			return fmt.Errorf("copy into %s: %w", groups.name, err)
		}
	}
	return nil
}
