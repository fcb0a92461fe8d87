package linkfile

import (
	"cmp"
	"context"
	"slices"

	"github.com/apache/arrow/go/v15/parquet"

	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// edit is an edit with the page it is of.
type edit struct {
	source link.Page
	link.Edit
}

func writeEdits(ctx context.Context, folder string, g *linkgraph.Graph) (File, error) {
	var all []edit
	for p, edits := range g.Edits {
		for _, e := range edits {
			all = append(all, edit{p, e})
		}
	}
	slices.SortFunc(all, func(a, b edit) int { return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.To, b.To)) })
	return writeTable(ctx, folder, editsTable, len(all), func(from, to int, out *group) {
		var (
			n                = to - from
			sources, targets = make([]int32, n), make([]int32, n)
			rels, ids        = make([]parquet.ByteArray, n), make([]parquet.ByteArray, n)
			removed          = make([]bool, n)
			times, ties      = make([]int64, n), make([]int64, n)
		)
		for i, e := range all[from:to] {
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
func readEdits(ctx context.Context, folder string, m GraphManifest, g *linkgraph.Graph) error {
	return readTable(ctx, folder, m.Files, editsTable, fixGraph, func(in *groupReader) error {
		sources, _, err1 := take[int32](in)
		targets, _, err2 := take[int32](in)
		rels, _, err3 := take[parquet.ByteArray](in)
		removed, _, err4 := take[bool](in)
		times, _, err5 := take[int64](in)
		ids, _, err6 := take[parquet.ByteArray](in)
		ties, _, err7 := take[int64](in)
		if err := firstOf(err1, err2, err3, err4, err5, err6, err7); err != nil {
			return err
		}
		if g.Edits == nil {
			g.Edits = map[link.Page][]link.Edit{}
		}
		for i := range in.rows {
			rel, ok := relOf(rels[i])
			if !ok {
				return in.r.corrupt("row %d: unknown rel %q", i, rels[i])
			}
			p := link.Page(sources[i])
			g.Edits[p] = append(g.Edits[p], link.Edit{
				To: link.Page(targets[i]), Rel: rel, Removed: removed[i],
				Version: link.Version{Time: times[i], ID: string(ids[i]), Tie: uint64(ties[i])},
			})
		}
		return nil
	})
}
