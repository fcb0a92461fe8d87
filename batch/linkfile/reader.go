package linkfile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v15/parquet/file"
)

// reader reads one file of a table, verified against its manifest entry.
type reader struct {
	f    *os.File
	in   *file.Reader
	t    table
	want File
	fix  string
}

// openTable verifies and opens a file. The checksum comes first for a reason: the
// Parquet reader panics over some damage, which becomes an error here, and spins
// for ever over some other, which nothing can help.
func openTable(folder string, want File, t table, fix string) (r *reader, err error) {
	f, err := openVerified(folder, want, fix)
	if err != nil {
		return nil, err
	}
	r = &reader{f: f, t: t, want: want, fix: fix}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	defer r.recover(&err)
	if r.in, err = file.NewParquetReader(f); err != nil {
		return nil, r.corrupt("%v", err)
	}
	s := r.in.MetaData().Schema
	if n := s.NumColumns(); n != len(t.columns) {
		return nil, r.corrupt("%d columns, a file of %s has %d", n, t.name, len(t.columns))
	}
	for i, c := range t.columns {
		got := s.Column(i)
		opt := got.MaxDefinitionLevel() == 1
		if got.Name() != c.name || got.PhysicalType() != c.physical || opt != c.optional || got.MaxRepetitionLevel() != 0 ||
			c.length > 0 && got.TypeLength() != c.length {
			return nil, r.corrupt("column %d is not %s as a file of %s has it", i, c.name, t.name)
		}
	}
	if n := r.in.NumRows(); n != want.Rows {
		return nil, r.corrupt("%d rows, the manifest says %d", n, want.Rows)
	}
	return r, nil
}

func (r *reader) close() error { return r.f.Close() }

func (r *reader) corrupt(format string, args ...any) error {
	return &CorruptError{filepath.Clean(r.f.Name()), fmt.Sprintf(format, args...), r.fix}
}

func (r *reader) recover(err *error) {
	if p := recover(); p != nil {
		*err = r.corrupt("cannot be decoded: %v", p)
	}
}

// each calls fn with every row group in order. fn calls take once a column, in
// order, and returns an error of its own only.
func (r *reader) each(ctx context.Context, fn func(g *groupReader) error) error {
	rows := int64(0)
	for i := range r.in.NumRowGroups() {
		if err := ctx.Err(); err != nil {
			return err
		}
		g := &groupReader{in: r.in.RowGroup(i), r: r}
		if g.rows = int(g.in.NumRows()); g.rows < 0 || g.rows > r.t.rows {
			return r.corrupt("row group %d has %d rows, at most %d are ever written", i, g.rows, r.t.rows)
		}
		if err := fn(g); err != nil {
			return err
		}
		rows += int64(g.rows)
	}
	if rows != r.want.Rows {
		return r.corrupt("its row groups have %d rows, the manifest says %d", rows, r.want.Rows)
	}
	return nil
}

// groupReader is a row group being read.
type groupReader struct {
	in   *file.RowGroupReader
	r    *reader
	rows int
	next int
}

// take reads the next column: the values that are there and, of an optional
// column, a level of 1 or 0 for every row.
func take[T any](g *groupReader) (values []T, levels []int16, err error) {
	defer g.r.recover(&err)
	column := g.r.t.columns[g.next]
	c, err := g.in.Column(g.next)
	if err != nil {
		return nil, nil, g.r.corrupt("column %s: %v", column.name, err)
	}
	g.next++
	in, ok := c.(interface {
		ReadBatch(batch int64, values []T, defLevels, repLevels []int16) (int64, int, error)
	})
	if !ok {
		return nil, nil, g.r.corrupt("column %s holds no %T", column.name, values)
	}
	values = make([]T, g.rows)
	if column.optional {
		levels = make([]int16, g.rows)
	}
	rows, there := 0, 0
	for rows < g.rows {
		var l []int16
		if levels != nil {
			l = levels[rows:]
		}
		n, v, err := in.ReadBatch(int64(g.rows-rows), values[there:], l, nil)
		if err == nil {
			err = c.Err() // an unknown encoding shows here alone
		}
		if err != nil {
			return nil, nil, g.r.corrupt("column %s: %v", column.name, err)
		}
		if n == 0 {
			return nil, nil, g.r.corrupt("column %s ends after %d of %d rows", column.name, rows, g.rows)
		}
		rows, there = rows+int(n), there+v
	}
	if levels != nil && there != ones(levels) || levels == nil && there != rows {
		return nil, nil, g.r.corrupt("column %s has %d values, its levels say otherwise", column.name, there)
	}
	return values[:there], levels, nil
}

func ones(levels []int16) (n int) {
	for _, l := range levels {
		n += int(l)
	}
	return n
}

// optionals spreads the values of an optional column over its rows.
type optionals[T any] struct {
	values []T
	levels []int16
}

func takeOptional[T any](g *groupReader) (optionals[T], error) {
	v, l, err := take[T](g)
	return optionals[T]{v, l}, err
}

// next returns the value of the next row; false if it is null.
func (o *optionals[T]) next() (v T, ok bool) {
	there := o.levels[0] == 1
	o.levels = o.levels[1:]
	if there {
		v, o.values = o.values[0], o.values[1:]
	}
	return v, there
}
