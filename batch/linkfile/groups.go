package linkfile

import (
	"context"
	"runtime"

	"freshrank/batch/linkfile/chunk"
	"freshrank/pagerank/parallel"
)

// groupReader is a row group being read, whose checksum was right. Its memory serves for
// another group once it is done.
type groupReader struct {
	*reader
	place
	index  int
	buf    []byte
	next   int // column
	decode chunk.Decoder
	order  *order
	passed bool

	numbers [2][]uint32 // memory for columns
	codes   []uint8
	flags   []bool
	keys    [][16]byte
	version [2]versionValues
	levels  []uint8
	doubles [2][]float64
	paged   pagePart
}

// each calls fn with every row group, on as many goroutines as there are processors. fn
// calls column once a column, in order, and then may call inOrder, once.
func (r *reader) each(ctx context.Context, fn func(g *groupReader) error) error {
	workers := min(runtime.GOMAXPROCS(0), len(r.groups))
	free := make(chan *groupReader, workers)
	for range workers {
		free <- &groupReader{reader: r}
	}
	order := newOrder()
	parallel.Each(workers, len(r.groups), func(i int) {
		g := <-free
		defer func() { free <- g }()
		g.place, g.index, g.next, g.order, g.passed = r.groups[i], i, 0, order, false
		err := ctx.Err()
		if err == nil && !order.failed() {
			if g.buf, err = r.read(g.buf, g.from, g.part); err == nil {
				err = fn(g)
			}
		}
		if !g.passed {
			_ = order.next(i, err, func() error { return nil }) // order keeps the error
		}
	})
	close(free)
	for g := range free {
		g.decode.Close()
	}
	return order.err
}

// inOrder calls do once those of the row groups before are done, unless one failed.
func (g *groupReader) inOrder(do func() error) error {
	g.passed = true
	return g.order.next(g.index, nil, do)
}

// column returns the next column.
func (g *groupReader) column() chunk.Column {
	p := g.columns[g.next]
	c := chunk.Column{Data: g.buf[p.from-g.place.from:][:p.size], Codec: p.codec, Optional: g.t.columns[g.next].optional, Rows: g.rows}
	g.next++
	return c
}

// fault says what is wrong with the column that column returned last; nil if err is.
func (g *groupReader) fault(err error) error {
	if err == nil {
		return nil
	}
	return g.corrupt("column %s: %v", g.t.columns[g.next-1].name, err)
}

// sized makes s n long, with its memory if that is enough.
func sized[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, n, n+n/8)
	}
	*s = (*s)[:n]
	return *s
}
