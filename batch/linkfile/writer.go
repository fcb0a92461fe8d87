package linkfile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"

	"freshrank/batch/linkfile/store"
	"freshrank/pagerank/parallel"
)

// span is the rows from ≤ row < to of a table.
type span struct{ from, to int }

// spans cuts rows into row groups.
func (t table) spans(rows int) []span {
	var all []span
	for from := 0; from < rows; from += t.rows {
		all = append(all, span{from, min(from+t.rows, rows)})
	}
	return all
}

// writeTable writes a file of t, one row group for each span; fill puts the columns of
// one. Row groups are encoded in parallel, each as a file of its own, and put together
// in order: the bytes are the same for any number of processors.
func writeTable(ctx context.Context, w store.Writer, name string, t table, groups []span, fill func(s span, out *group)) (f File, err error) {
	out := &joined{to: w, whole: sha256.New()}
	defer func() {
		if err == nil {
			err = w.Commit()
		}
		if err != nil {
			w.Abort()
			err = fmt.Errorf("write %s: %w", name, err)
		}
	}()
	var empty bytes.Buffer
	if err := t.encode(&empty, nil); err != nil {
		return File{}, err
	}
	if out.meta, _, err = footer(empty.Bytes()); err != nil {
		return File{}, err
	}
	workers := runtime.GOMAXPROCS(0)
	buffers := make(chan *bytes.Buffer, workers)
	for range workers {
		buffers <- &bytes.Buffer{}
	}
	order := newOrder()
	parallel.Each(workers, len(groups), func(i int) {
		buf := <-buffers
		defer func() { buffers <- buf }()
		buf.Reset()
		var one piece
		err := ctx.Err()
		if err == nil && !order.failed() {
			if err = t.encode(buf, func(g *group) { fill(groups[i], g) }); err == nil {
				one, err = cut(i, buf.Bytes())
			}
		}
		_ = order.next(i, err, func() error { return out.append(one) }) // order keeps the error
	})
	if err := order.err; err != nil {
		return File{}, err
	}
	if err := out.end(); err != nil {
		return File{}, err
	}
	return File{Name: name, Rows: out.meta.NumRows, Bytes: out.at, SHA256: hexSum(out.whole), Parts: out.parts}, nil
}

// encode writes a file of one row group, or none.
func (t table) encode(buf *bytes.Buffer, fill func(g *group)) (err error) {
	defer func() {
		if r := recover(); r != nil { // of the Parquet writer
			err = fmt.Errorf("encode %s: %v", t.name, r)
		}
	}()
	w := file.NewParquetWriter(buf, t.node(), file.WithWriterProps(t.properties()))
	if fill != nil {
		g := &group{out: w.AppendRowGroup()}
		fill(g)
		// The file's writer would close the group as well, and lose its error.
		if g.err == nil {
			g.err = g.out.Close()
		}
		if g.err != nil {
			return fmt.Errorf("encode %s: %w", t.name, g.err)
		}
	}
	return w.Close()
}

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
