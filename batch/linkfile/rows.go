package linkfile

import (
	"context"
	"errors"

	"github.com/apache/arrow/go/v15/parquet"

	"freshrank/batch/linkfile/chunk"
	"freshrank/batch/linkfile/store"
	"freshrank/pagerank/link"
)

// writeIn writes the only file of t in a folder, of rows rows.
func writeIn(ctx context.Context, folder store.Folder, t table, rows int, fill func(s span, out *group)) (File, error) {
	w, err := folder.Create(ctx, t.file())
	if err != nil {
		return File{}, err
	}
	return writeTable(ctx, w, t.file(), t, t.spans(rows), fill)
}

// readTable calls fn with the row groups of the only file of t in folder; see each.
// Before, it calls ready, if that is not nil: the manifest's number of rows is the
// file's own by then, fit to make room for.
func (d *Dir) readTable(ctx context.Context, folder string, files []File, t table, fix string, ready func(), fn func(in *groupReader) error) error {
	r, err := d.openTable(ctx, folder, find(files, t.file()), t, fix)
	if err != nil {
		return err
	}
	if ready != nil {
		ready()
	}
	return errors.Join(r.each(ctx, fn), r.close())
}

// firstOf returns the first error there is.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// versionColumns are the three columns of a link.Version; all are null for the
// zero Version.
type versionColumns struct {
	times maybe[int64]
	ids   maybe[parquet.ByteArray]
	ties  maybe[int64]
}

func (c *versionColumns) add(v link.Version) {
	ok := !v.IsZero()
	c.times.add(v.Time, ok)
	c.ids.add(bytesOf(v.ID), ok)
	c.ties.add(int64(v.Tie), ok)
}

func (c *versionColumns) put(g *group) {
	c.times.put(g)
	c.ids.put(g)
	c.ties.put(g)
}

// versionValues are the versions of a row group.
type versionValues struct {
	levels [3][]uint8
	times  []int64
	ties   []uint64
	ids    chunk.Texts
	n      int // values that next has passed
}

// take reads what versionColumns wrote.
func (c *versionValues) take(g *groupReader) error {
	for i := range c.levels {
		sized(&c.levels[i], g.rows)
	}
	_, err1 := chunk.Ints(&g.decode, g.column(), sized(&c.times, g.rows), c.levels[0])
	err1 = g.fault(err1)
	err2 := g.fault(chunk.Strings(&g.decode, g.column(), &c.ids, c.levels[1]))
	_, err3 := chunk.Ints(&g.decode, g.column(), sized(&c.ties, g.rows), c.levels[2])
	if err := firstOf(err1, err2, g.fault(err3)); err != nil {
		return err
	}
	for i, l := range c.levels[0] {
		if c.levels[1][i] != l || c.levels[2][i] != l {
			return g.corrupt("row %d: a version of which only a part is there", g.first+i)
		}
	}
	c.n = 0
	return nil
}

// next returns the version of row i, or same if it is equal to that; no row may be left
// out. Only a version that differs takes memory.
func (c *versionValues) next(i int, same link.Version) (v link.Version, differs bool) {
	if c.levels[0][i] == 0 {
		return link.Version{}, !same.IsZero()
	}
	k := c.n
	c.n++
	if id := c.ids.At(k); string(id) != same.ID {
		v.ID, differs = string(id), true
	} else {
		v.ID = same.ID
	}
	v.Time, v.Tie = c.times[k], c.ties[k]
	return v, differs || v.Time != same.Time || v.Tie != same.Tie
}
