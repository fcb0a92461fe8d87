package linkfile

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strings"

	"github.com/apache/arrow/go/v15/parquet"

	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// relNames holds the column value of every link.Rel.
var relNames = func() (names [8]string) {
	for r := range link.Rel(len(names)) {
		var words []string
		for bit, word := range map[link.Rel]string{link.NoFollow: "nofollow", link.UGC: "ugc", link.Sponsored: "sponsored"} {
			if r&bit != 0 {
				words = append(words, word)
			}
		}
		slices.Sort(words)
		names[r] = strings.Join(words, " ")
	}
	return names
}()

func relOf(name []byte) (link.Rel, bool) {
	for r, n := range relNames {
		if string(name) == n {
			return link.Rel(r), true
		}
	}
	return 0, false
}

func writeLinks(ctx context.Context, folder string, g *linkgraph.Graph) (File, error) {
	return writeTable(ctx, folder, linksTable, len(g.Links), func(from, to int, out *group) {
		sources, targets := make([]int32, to-from), make([]int32, to-from)
		rels := make([]parquet.ByteArray, to-from)
		// The row that holds link from: the last that starts at or before it.
		source := sort.Search(g.Pages(), func(p int) bool { return g.Start[p+1] > uint64(from) })
		for i := range sources {
			for g.Start[source+1] <= uint64(from+i) {
				source++
			}
			e := g.Links[from+i]
			sources[i], targets[i], rels[i] = int32(source), int32(e.To), bytesOf(relNames[e.Rel&7])
		}
		put(out, sources, nil)
		put(out, targets, nil)
		put(out, rels, nil)
	})
}

// readLinks fills in g.Links and g.Start. Whether targets exist is for
// linkgraph.Check.
func readLinks(ctx context.Context, folder string, m GraphManifest, g *linkgraph.Graph) error {
	g.Links = make([]link.Edge, 0, m.Links)
	g.Start = make([]uint64, 1, m.Pages+1)
	err := readTable(ctx, folder, m.Files, linksTable, fixGraph, func(in *groupReader) error {
		sources, _, err1 := take[int32](in)
		targets, _, err2 := take[int32](in)
		rels, _, err3 := take[parquet.ByteArray](in)
		if err := firstOf(err1, err2, err3); err != nil {
			return err
		}
		for i := range in.rows {
			source := uint32(sources[i])
			if int64(source) >= m.Pages || int(source) < len(g.Start)-1 {
				return in.r.corrupt("row %d: link of page %d, out of order or range", len(g.Links), source)
			}
			rel, ok := relOf(rels[i])
			if !ok {
				return in.r.corrupt("row %d: unknown rel %q", len(g.Links), rels[i])
			}
			for len(g.Start) <= int(source) {
				g.Start = append(g.Start, uint64(len(g.Links)))
			}
			g.Links = append(g.Links, link.Edge{To: link.Page(targets[i]), Rel: rel})
		}
		return nil
	})
	for len(g.Start) <= g.Pages() {
		g.Start = append(g.Start, uint64(len(g.Links)))
	}
	return err
}

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
