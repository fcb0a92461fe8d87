package linkfile

import (
	"context"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v15/parquet"

	"freshrank/batch/linkfile/chunk"
	"freshrank/batch/linkfile/store"
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

// linkColumns are the columns of a row group that is written.
type linkColumns struct {
	sources, targets []int32
	rels             []parquet.ByteArray
}

// add adds a link.
func (c *linkColumns) add(source link.Page, e link.Edge) {
	c.sources, c.targets = append(c.sources, int32(source)), append(c.targets, int32(e.To))
	c.rels = append(c.rels, bytesOf(relNames[e.Rel&7]))
}

func (c *linkColumns) put(out *group) {
	put(out, c.sources, nil)
	put(out, c.targets, nil)
	put(out, c.rels, nil)
}

func writeLinks(ctx context.Context, folder store.Folder, g *linkgraph.Graph) (File, error) {
	memory := sync.Pool{New: func() any { return new(linkColumns) }} // for a row group each
	return writeIn(ctx, folder, linksTable, g.Links.Links(), func(s span, out *group) {
		from, to := s.from, s.to
		c := memory.Get().(*linkColumns)
		defer memory.Put(c)
		sources, targets, rels := sized(&c.sources, to-from), sized(&c.targets, to-from), sized(&c.rels, to-from)
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
		c.put(out)
	})
}

// readLinks fills in g.Links and g.Rels. Whether targets exist is for
// linkgraph.Check.
func (d *Dir) readLinks(ctx context.Context, folder string, m GraphManifest, g *linkgraph.Graph) error {
	ready := func() {
		g.Links.Target = hugepages.Make[uint32](int(m.Links))
		g.Links.Start = hugepages.Make[uint64](int(m.Pages) + 1)
	}
	var bear sync.Once // some link bears a rel
	last := uint32(0)  // source of the rows before, in order
	err := d.readTable(ctx, folder, m.Files, linksTable, fixGraph, ready, func(in *groupReader) error {
		sources, rels, err := in.links(g.Links.Target[in.first:][:in.rows])
		if err != nil {
			return err
		}
		if in.rows == 0 {
			return nil
		}
		before := sources[0]
		for i, source := range sources {
			if int64(source) >= m.Pages || source < before {
				return in.corrupt("row %d: link of page %d, out of order or range", in.first+i, source)
			}
			for ; before < source; before++ {
				g.Links.Start[before+1] = uint64(in.first + i)
			}
		}
		if slices.ContainsFunc(rels, func(r uint8) bool { return r != 0 }) {
			bear.Do(func() { g.Rels = make([]link.Rel, m.Links) })
			for i, rel := range rels {
				g.Rels[in.first+i] = link.Rel(rel)
			}
		}
		// Pages between the last of one row group and the first of the next.
		return in.inOrder(func() error {
			if sources[0] < last {
				return in.corrupt("row %d: link of page %d, out of order or range", in.first, sources[0])
			}
			for ; last < sources[0]; last++ {
				g.Links.Start[last+1] = uint64(in.first)
			}
			last = sources[in.rows-1]
			return nil
		})
	})
	if err != nil {
		return err
	}
	for p := int64(last); p < m.Pages; p++ {
		g.Links.Start[p+1] = uint64(m.Links)
	}
	return nil
}

// links reads a row group of links: targets into their place, all else into memory of in.
func (in *groupReader) links(targets []uint32) (sources []uint32, rels []uint8, err error) {
	sources, rels = sized(&in.numbers[0], in.rows), sized(&in.codes, in.rows)
	_, err1 := chunk.Ints(&in.decode, in.column(), sources, nil)
	err1 = in.fault(err1)
	_, err2 := chunk.Ints(&in.decode, in.column(), targets, nil)
	err2 = in.fault(err2)
	_, err3 := chunk.Words(&in.decode, in.column(), relNames[:], rels, nil)
	return sources, rels, firstOf(err1, err2, in.fault(err3))
}

// eachLink calls fn with every link in order.
func (d *Dir) eachLink(ctx context.Context, folder string, m GraphManifest, fn func(source link.Page, e link.Edge) error) error {
	var before pair
	return d.readTable(ctx, folder, m.Files, linksTable, fixGraph, nil, func(in *groupReader) error {
		targets := sized(&in.numbers[1], in.rows)
		sources, rels, err := in.links(targets)
		if err != nil {
			return err
		}
		return in.inOrder(func() error {
			for i, source := range sources {
				if err := in.follows(&before, i, source, targets[i], m.Pages); err != nil {
					return err
				}
				if err := fn(link.Page(source), link.Edge{To: link.Page(targets[i]), Rel: link.Rel(rels[i])}); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// pair is the source and the target of the link or edit before, if there was one.
type pair struct {
	source, target uint32
	any            bool
}

// follows refuses row i, from source to target, if it cannot follow the one before.
func (in *groupReader) follows(before *pair, i int, source, target uint32, pages int64) error {
	if int64(source) >= pages || int64(target) >= pages || source == target ||
		before.any && (source < before.source || source == before.source && target <= before.target) {
		return in.corrupt("row %d: link of page %d to page %d of %d, out of order or range", in.first+i, source, target, pages)
	}
	*before = pair{source, target, true}
	return nil
}
