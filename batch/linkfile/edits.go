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

func writeEdits(ctx context.Context, folder store.Folder, g *linkgraph.Graph) (File, error) {
	var all []edit
	for p, edits := range g.Edits {
		for _, e := range edits {
			all = append(all, edit{p, e})
		}
	}
	slices.SortFunc(all, func(a, b edit) int { return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.To, b.To)) })
	return writeIn(ctx, folder, editsTable, len(all), func(s span, out *group) {
		var (
			n                = s.to - s.from
			sources, targets = make([]int32, n), make([]int32, n)
			rels, ids        = make([]parquet.ByteArray, n), make([]parquet.ByteArray, n)
			removed          = make([]bool, n)
			times, ties      = make([]int64, n), make([]int64, n)
		)
		for i, e := range all[s.from:s.to] {
			sources[i], targets[i], rels[i], removed[i] = int32(e.source), int32(e.To), bytesOf(relNames[e.Rel&7]), e.Removed
			times[i], ids[i], ties[i] = e.Version.Time, bytesOf(e.Version.ID), int64(e.Version.Tie)
		}
		put(out, sources, nil)
		put(out, targets, nil)
		put(out, rels, nil)
		put(out, removed, nil)
		put(out, times, nil)
		put(out, ids, nil)
		put(out, ties, nil)
	})
}

// readEdits fills in g.Edits.
func (d *Dir) readEdits(ctx context.Context, folder string, m GraphManifest, g *linkgraph.Graph) error {
	return d.readTable(ctx, folder, m.Files, editsTable, fixGraph, func(in *groupReader) error {
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
			if g.Edits == nil {
				g.Edits = map[link.Page][]link.Edit{}
			}
			for i := range in.rows {
				p := link.Page(sources[i])
				g.Edits[p] = append(g.Edits[p], link.Edit{
					To: link.Page(targets[i]), Rel: link.Rel(rels[i]), Removed: removed[i],
					Version: link.Version{Time: v.times[i], ID: string(v.ids.At(i)), Tie: v.ties[i]},
				})
			}
			return nil
		})
	})
}
