package linkfile

import (
	"fmt"
	"path/filepath"
	"unsafe"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"
)

// writer writes one file of a table, row group by row group.
type writer struct {
	sink *sink
	out  *file.Writer
	rows int64
}

// newWriter starts the named file in folder; close or abort ends it.
func newWriter(folder, name string, t table) (w *writer, err error) {
	s, err := newSink(filepath.Join(folder, name))
	if err != nil {
		return nil, err
	}
	w = &writer{sink: s}
	defer w.recover(&err)
	w.out = file.NewParquetWriter(s, t.node(), file.WithWriterProps(t.properties()))
	return w, nil
}

// group writes one row group; fill calls put once a column, in order, each time
// with the same number of rows.
func (w *writer) group(rows int, fill func(g *group)) (err error) {
	defer w.recover(&err)
	g := &group{out: w.out.AppendRowGroup()}
	fill(g)
	// The file's writer would close the group as well, and lose its error.
	if g.err == nil {
		g.err = g.out.Close()
	}
	w.rows += int64(rows)
	if g.err != nil {
		return fmt.Errorf("write %s: %w", w.sink.f.Name(), g.err)
	}
	return nil
}

// recover turns a panic of the Parquet writer, as over a full disk, into an error.
func (w *writer) recover(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("write %s: %v", w.sink.f.Name(), r)
		if w.sink.err != nil {
			*err = fmt.Errorf("write %s: %w", w.sink.f.Name(), w.sink.err)
		}
	}
}

// close ends the file, makes it durable and describes it.
func (w *writer) close() (f File, err error) {
	err = func() (err error) { defer w.recover(&err); return w.out.Close() }()
	if err != nil {
		w.abort()
		return File{}, err
	}
	return w.sink.close(w.rows)
}

// abort gives the file up; whoever made its folder removes it.
func (w *writer) abort() { w.sink.f.Close() }

// group is a row group being written. The first error sticks.
type group struct {
	out file.SerialRowGroupWriter
	err error
}

// put writes the next column. levels is nil for a required column; otherwise it
// has a 1 for every row with a value and a 0 for every other, and values only
// those that are there. Values must not change afterwards: encoders keep the last.
func put[T any](g *group, values []T, levels []int16) {
	if g.err != nil {
		return
	}
	c, err := g.out.NextColumn()
	if err != nil {
		g.err = err
		return
	}
	w, ok := c.(interface {
		WriteBatch(values []T, defLevels, repLevels []int16) (int64, error)
	})
	if !ok {
		g.err = fmt.Errorf("column %s takes no %T", c.Descr().Name(), values)
		return
	}
	if len(values) == 0 && values != nil {
		values = nil // all null: nothing but levels to write
	}
	if _, err := w.WriteBatch(values, levels, nil); err != nil {
		g.err = fmt.Errorf("column %s: %w", c.Descr().Name(), err)
	}
}

// maybe collects the values of an optional column.
type maybe[T any] struct {
	values []T
	levels []int16
}

func (m *maybe[T]) add(v T, ok bool) {
	if ok {
		m.values, m.levels = append(m.values, v), append(m.levels, 1)
	} else {
		m.levels = append(m.levels, 0)
	}
}

func (m *maybe[T]) put(g *group) { put(g, m.values, m.levels) }

// bytesOf returns the bytes of s without a copy; nobody may write to them.
func bytesOf(s string) parquet.ByteArray { return unsafe.Slice(unsafe.StringData(s), len(s)) }
