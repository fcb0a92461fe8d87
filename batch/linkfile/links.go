package linkfile

import (
	"context"
	"slices"
	"sort"
	"strings"

	"github.com/apache/arrow/go/v15/parquet"

	"freshrank/pagerank/hugepages"
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
	return writeTable(ctx, folder, linksTable, g.Links.Links(), func(from, to int, out *group) {
		sources, targets := make([]int32, to-from), make([]int32, to-from)
		rels := make([]parquet.ByteArray, to-from)
		// The row that holds link from: the last that starts at or before it.
		source := sort.Search(g.Pages(), func(p int) bool { return g.Links.Start[p+1] > uint64(from) })
		for i := range sources {
			for g.Links.Start[source+1] <= uint64(from+i) {
				source++
			}
			rel := link.Rel(0)
			if g.Rels != nil {
				rel = g.Rels[from+i]
			}
			sources[i], targets[i], rels[i] = int32(source), int32(g.Links.Target[from+i]), bytesOf(relNames[rel&7])
		}
		put(out, sources, nil)
		put(out, targets, nil)
		put(out, rels, nil)
	})
}

// readLinks fills in g.Links and g.Rels. Whether targets exist is for
// linkgraph.Check.
func readLinks(ctx context.Context, folder string, m GraphManifest, g *linkgraph.Graph) error {
	g.Links.Target = hugepages.Make[uint32](int(m.Links))[:0]
	g.Links.Start = hugepages.Make[uint64](int(m.Pages) + 1)[:1]
	err := readTable(ctx, folder, m.Files, linksTable, fixGraph, func(in *groupReader) error {
		sources, _, err1 := take[int32](in)
		targets, _, err2 := take[int32](in)
		rels, _, err3 := take[parquet.ByteArray](in)
		if err := firstOf(err1, err2, err3); err != nil {
			return err
		}
		for i := range in.rows {
			source := uint32(sources[i])
			if int64(source) >= m.Pages || int(source) < len(g.Links.Start)-1 {
				return in.r.corrupt("row %d: link of page %d, out of order or range", g.Links.Links(), source)
			}
			rel, ok := relOf(rels[i])
			if !ok {
				return in.r.corrupt("row %d: unknown rel %q", g.Links.Links(), rels[i])
			}
			for len(g.Links.Start) <= int(source) {
				g.EndRow()
			}
			g.AppendLink(link.Page(targets[i]), rel)
		}
		return nil
	})
	for len(g.Links.Start) <= g.Pages() {
		g.EndRow()
	}
	return err
}
