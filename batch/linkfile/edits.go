package linkfile

import (
	"cmp"
	"context"
	"slices"

	"github.com/apache/arrow/go/v15/parquet"

	"freshrank/batch/linkfile/chunk"
	"freshrank/batch/linkfile/store"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// edit is an edit with the page it is of.
type edit struct {
	source link.Page
	link.Edit
}

// editColumns are the columns of a row group that is written.
type editColumns struct {
	sources, targets []int32
	rels, ids        []parquet.ByteArray
	removed          []bool
	times, ties      []int64
}

// add adds an edit.
func (c *editColumns) add(source link.Page, e link.Edit) {
	c.sources, c.targets = append(c.sources, int32(source)), append(c.targets, int32(e.To))
	c.rels, c.removed = append(c.rels, bytesOf(relNames[e.Rel&7])), append(c.removed, e.Removed)
	c.times, c.ids, c.ties = append(c.times, e.Version.Time), append(c.ids, bytesOf(e.Version.ID)), append(c.ties, int64(e.Version.Tie))
}

func (c *editColumns) put(out *group) {
	put(out, c.sources, nil)
	put(out, c.targets, nil)
	put(out, c.rels, nil)
	put(out, c.removed, nil)
	put(out, c.times, nil)
	put(out, c.ids, nil)
	put(out, c.ties, nil)
}

func writeEdits(ctx context.Context, folder store.Folder, g *linkgraph.Graph) (File, error) {
	var all []edit
	for p, edits := range g.Edits {
		for _, e := range edits {
			all = append(all, edit{p, e})
		}
	}
	slices.SortFunc(all, func(a, b edit) int { return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.To, b.To)) })
	return writeIn(ctx, folder, editsTable, len(all), func(s span, out *group) {
		c := &editColumns{}
		for _, e := range all[s.from:s.to] {
			c.add(e.source, e.Edit)
		}
		c.put(out)
	})
}

// readEdits fills in g.Edits.
func (d *Dir) readEdits(ctx context.Context, folder string, m GraphManifest, g *linkgraph.Graph) error {
	return d.eachEdit(ctx, folder, m, func(p link.Page, e link.Edit) error {
		if g.Edits == nil {
			g.Edits = map[link.Page][]link.Edit{}
		}
		g.Edits[p] = append(g.Edits[p], e)
		return nil
	})
}

// eachEdit calls fn with every edit in order.
func (d *Dir) eachEdit(ctx context.Context, folder string, m GraphManifest, fn func(source link.Page, e link.Edit) error) error {
	var before pair
	return d.readTable(ctx, folder, m.Files, editsTable, fixGraph, nil, func(in *groupReader) error {
		var (
			sources, targets = sized(&in.numbers[0], in.rows), sized(&in.numbers[1], in.rows)
			rels, removed    = sized(&in.codes, in.rows), sized(&in.flags, in.rows)
			v                = &in.version[0]
		)
		_, err1 := chunk.Ints(&in.decode, in.column(), sources, nil)
		err1 = in.fault(err1)
		_, err2 := chunk.Ints(&in.decode, in.column(), targets, nil)
		err2 = in.fault(err2)
		_, err3 := chunk.Words(&in.decode, in.column(), relNames[:], rels, nil)
		err3 = in.fault(err3)
		err4 := in.fault(chunk.Bools(&in.decode, in.column(), removed))
		_, err5 := chunk.Ints(&in.decode, in.column(), sized(&v.times, in.rows), nil)
		err5 = in.fault(err5)
		err6 := in.fault(chunk.Strings(&in.decode, in.column(), &v.ids, nil))
		_, err7 := chunk.Ints(&in.decode, in.column(), sized(&v.ties, in.rows), nil)
		if err := firstOf(err1, err2, err3, err4, err5, err6, in.fault(err7)); err != nil {
			return err
		}
		return in.inOrder(func() error {
			for i := range in.rows {
				if err := in.follows(&before, i, sources[i], targets[i], m.Pages); err != nil {
					return err
				}
				if err := fn(link.Page(sources[i]), link.Edit{
					To: link.Page(targets[i]), Rel: link.Rel(rels[i]), Removed: removed[i],
					Version: link.Version{Time: v.times[i], ID: string(v.ids.At(i)), Tie: v.ties[i]},
				}); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
