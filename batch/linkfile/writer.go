package linkfile

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"

	"freshrank/batch/linkfile/store"
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

// tableWriter writes a file of one row group after the other. Row groups are encoded in
// parallel, each as a file of its own, and put together in order: the bytes are the same
// for any number of processors.
type tableWriter struct {
	t       table
	name    string
	to      store.Writer
	out     *joined
	buffers chan *bytes.Buffer // of encoders that are free
	order   *order
	groups  int
	running sync.WaitGroup
}

// newTableWriter begins a file of t, to which end or abort makes an end.
func newTableWriter(to store.Writer, name string, t table) (*tableWriter, error) {
	w := &tableWriter{t: t, name: name, to: to, out: &joined{to: to, whole: sha256.New()}, order: newOrder()}
	var empty bytes.Buffer
	err := t.encode(&empty, nil)
	if err == nil {
		w.out.meta, _, err = footer(empty.Bytes())
	}
	if err != nil {
		to.Abort()
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	w.buffers = make(chan *bytes.Buffer, runtime.GOMAXPROCS(0))
	for range cap(w.buffers) {
		w.buffers <- &bytes.Buffer{}
	}
	return w, nil
}

// group writes the next row group, with the columns that fill puts, once an encoder is
// free; done, if not nil, is called when their memory is. The error is that of a row
// group before.
func (w *tableWriter) group(ctx context.Context, fill func(out *group), done func()) error {
	buf := <-w.buffers
	if err := ctx.Err(); err != nil || w.order.failed() {
		w.buffers <- buf
		return cmp.Or(err, errGroupFailed)
	}
	i := w.groups
	w.groups++
	w.running.Go(func() {
		defer func() { w.buffers <- buf }()
		buf.Reset()
		var one piece
		err := w.t.encode(buf, fill)
		if done != nil {
			done()
		}
		if err == nil {
			one, err = cut(i, buf.Bytes())
		}
		_ = w.order.next(i, err, func() error { return w.out.append(one) }) // order keeps the error
	})
	return nil
}

// errGroupFailed gives way to the error that end finds.
var errGroupFailed = errors.New("a row group could not be written")

// end completes the file, unless err says that its rows are not complete.
func (w *tableWriter) end(err error) (File, error) {
	w.running.Wait()
	if err == nil || errors.Is(err, errGroupFailed) {
		err = cmp.Or(w.order.err, err)
	}
	if err == nil {
		err = w.out.end()
	}
	if err == nil {
		err = w.to.Commit()
	}
	if err != nil {
		w.to.Abort()
		return File{}, fmt.Errorf("write %s: %w", w.name, err)
	}
	return File{Name: w.name, Rows: w.out.meta.NumRows, Bytes: w.out.at, SHA256: hexSum(w.out.whole), Parts: w.out.parts}, nil
}

// writeTable writes a file of t, one row group for each span; fill puts the columns of
// one.
func writeTable(ctx context.Context, to store.Writer, name string, t table, groups []span, fill func(s span, out *group)) (File, error) {
	w, err := newTableWriter(to, name, t)
	if err != nil {
		return File{}, err
	}
	for _, s := range groups {
		if err == nil {
			err = w.group(ctx, func(out *group) { fill(s, out) }, nil)
		}
	}
	return w.end(err)
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

// bytesOf returns the bytes of s without a copy; nobody may write to them. They are never
// nil, for which the library writes other statistics than for no bytes.
func bytesOf(s string) parquet.ByteArray {
	if s == "" {
		return parquet.ByteArray{}
	}
	return unsafe.Slice(unsafe.StringData(s), len(s))
}
