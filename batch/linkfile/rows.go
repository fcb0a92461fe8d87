package linkfile

import (
	"context"
	"errors"

	"github.com/apache/arrow/go/v15/parquet"

	"freshrank/pagerank/link"
)

// writeTable writes rows rows as the only file of t in folder; fill puts the
// columns of rows from … to−1.
func writeTable(ctx context.Context, folder string, t table, rows int, fill func(from, to int, out *group)) (File, error) {
	w, err := newWriter(folder, t.file(), t)
	if err != nil {
		return File{}, err
	}
	for from := 0; from < rows; from += t.rows {
		to := min(from+t.rows, rows)
		err := ctx.Err()
		if err == nil {
			err = w.group(to-from, func(g *group) { fill(from, to, g) })
		}
		if err != nil {
			w.abort()
			return File{}, err
		}
	}
	return w.close()
}

// readTable verifies the only file of t in folder and calls fn with its row
// groups in order.
func readTable(ctx context.Context, folder string, files []File, t table, fix string, fn func(in *groupReader) error) error {
	r, err := openTable(folder, find(files, t.file()), t, fix)
	if err != nil {
		return err
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

// versionValues reads what versionColumns wrote.
type versionValues struct {
	times optionals[int64]
	ids   optionals[parquet.ByteArray]
	ties  optionals[int64]
	last  string // most neighbours of an import bear the same id: keep it once
}

func takeVersions(g *groupReader) (versionValues, error) {
	times, err1 := takeOptional[int64](g)
	ids, err2 := takeOptional[parquet.ByteArray](g)
	ties, err3 := takeOptional[int64](g)
	return versionValues{times: times, ids: ids, ties: ties}, firstOf(err1, err2, err3)
}

// next returns the version of the next row; zero if it has none.
func (c *versionValues) next(g *groupReader) (link.Version, error) {
	time, ok1 := c.times.next()
	id, ok2 := c.ids.next()
	tie, ok3 := c.ties.next()
	if ok1 != ok2 || ok1 != ok3 {
		return link.Version{}, g.r.corrupt("a version of which only a part is there")
	}
	if !ok1 {
		return link.Version{}, nil
	}
	if string(id) != c.last {
		c.last = string(id)
	}
	return link.Version{Time: time, ID: c.last, Tie: uint64(tie)}, nil
}
