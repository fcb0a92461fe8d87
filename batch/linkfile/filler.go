package linkfile

import (
	"context"
	"sync"

	"freshrank/batch/linkfile/store"
)

// columns are the columns of a row group of some table, being filled.
type columns[C any] interface {
	*C
	put(out *group)
	reset()
}

// filler fills a file row by row, by row groups as full as they may be.
type filler[C any, P columns[C]] struct {
	*tableWriter
	now  P
	rows int // of now
	free sync.Pool
}

// newFiller begins the only file of t in a folder.
func newFiller[C any, P columns[C]](ctx context.Context, folder store.Folder, t table) (*filler[C, P], error) {
	to, err := folder.Create(ctx, t.file())
	if err != nil {
		return nil, err
	}
	w, err := newTableWriter(to, t.file(), t)
	if err != nil {
		return nil, err
	}
	return &filler[C, P]{tableWriter: w}, nil
}

// row returns columns to add the next row to.
func (f *filler[C, P]) row(ctx context.Context) (P, error) {
	if f.rows == f.t.rows {
		if err := f.flush(ctx); err != nil {
			return nil, err
		}
	}
	if f.now == nil {
		if f.now, _ = f.free.Get().(P); f.now == nil {
			f.now = new(C)
		}
	}
	f.rows++
	return f.now, nil
}

// flush writes what rows there are.
func (f *filler[C, P]) flush(ctx context.Context) error {
	c := f.now
	f.now, f.rows = nil, 0
	return f.group(ctx, c.put, func() {
		c.reset()
		f.free.Put(c)
	})
}

// end writes the last rows and completes the file, unless err says that rows are missing.
func (f *filler[C, P]) end(ctx context.Context, err error) (File, error) {
	if err == nil && f.rows > 0 {
		err = f.flush(ctx)
	}
	return f.tableWriter.end(err)
}

func (m *maybe[T]) reset() { m.values, m.levels = m.values[:0], m.levels[:0] }

func (c *versionColumns) reset() {
	c.times.reset()
	c.ids.reset()
	c.ties.reset()
}

func (c *pageColumns) reset() {
	c.ids, c.keys, c.urls, c.kinds, c.crawled = c.ids[:0], c.keys[:0], c.urls[:0], c.kinds[:0], c.crawled[:0]
	c.memory = c.memory[:0]
	c.targets.reset()
	c.versions.reset()
	c.addeds.reset()
}

func (c *linkColumns) reset() {
	c.sources, c.targets, c.rels = c.sources[:0], c.targets[:0], c.rels[:0]
}

func (c *editColumns) reset() { *c = editColumns{} }
