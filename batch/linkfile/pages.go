package linkfile

import (
	"context"
	"slices"

	"github.com/apache/arrow/go/v15/parquet"

	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

var kindNames = [...]string{link.Unseen: "unseen", link.Crawled: "crawled", link.Gone: "gone", link.Alias: "alias"}

func writePages(ctx context.Context, folder string, g *linkgraph.Graph) (File, error) {
	return writeTable(ctx, folder, pagesTable, g.Pages(), func(from, to int, out *group) {
		var (
			n                = to - from
			ids              = make([]int32, n)
			keys             = make([]parquet.FixedLenByteArray, n)
			urls, kinds      = make([]parquet.ByteArray, n), make([]parquet.ByteArray, n)
			crawled          = make([]bool, n)
			targets          maybe[int32]
			versions, addeds versionColumns
		)
		for p, url := range g.URLs.From(link.Page(from), link.Page(to)) {
			i, key := int(p)-from, g.Key(p)
			ids[i], keys[i], urls[i] = int32(p), key[:], slices.Clone(url)
			kinds[i], crawled[i] = bytesOf(kindNames[g.Kinds[p]]), g.Kinds[p] == link.Crawled
			targets.add(int32(g.Targets[p]), g.Kinds[p] == link.Alias)
			versions.add(g.Versions.At(p))
			addeds.add(g.Added[p])
		}
		put(out, ids, nil)
		put(out, keys, nil)
		put(out, urls, nil)
		put(out, crawled, nil)
		put(out, kinds, nil)
		targets.put(out)
		versions.put(out)
		addeds.put(out)
	})
}

// readPages fills in the columns of g that are indexed by page, and Added.
func readPages(ctx context.Context, folder string, m GraphManifest, g *linkgraph.Graph) error {
	g.Kinds = make([]link.Kind, 0, m.Pages)
	return readTable(ctx, folder, m.Files, pagesTable, fixGraph, func(in *groupReader) error {
		ids, _, err1 := take[int32](in)
		keys, _, err2 := take[parquet.FixedLenByteArray](in)
		urls, _, err3 := take[parquet.ByteArray](in)
		crawled, _, err4 := take[bool](in)
		kinds, _, err5 := take[parquet.ByteArray](in)
		targets, err6 := takeOptional[int32](in)
		versions, err7 := takeVersions(in)
		addeds, err8 := takeVersions(in)
		if err := firstOf(err1, err2, err3, err4, err5, err6, err7, err8); err != nil {
			return err
		}
		for i := range in.rows {
			p := link.Page(g.Pages())
			key := link.KeyOf([]byte(urls[i]))
			kind, ok := kindOf(kinds[i])
			switch {
			case link.Page(ids[i]) != p:
				return in.r.corrupt("row %d has id %d", p, uint32(ids[i]))
			case string(keys[i]) != string(key[:]):
				return in.r.corrupt("row %d: %x is not the key of %q", p, keys[i], urls[i])
			case !ok || crawled[i] != (kind == link.Crawled):
				return in.r.corrupt("row %d has kind %q with crawled %v", p, kinds[i], crawled[i])
			}
			if t, ok := targets.next(); ok {
				g.SetTarget(p, link.Page(t))
			}
			version, err := versions.next(in)
			if err != nil {
				return err
			}
			g.AppendPage(urls[i], kind, version)
			added, err := addeds.next(in)
			if err != nil {
				return err
			}
			if !added.IsZero() {
				if g.Added == nil {
					g.Added = map[link.Page]link.Version{}
				}
				g.Added[p] = added
			}
		}
		return nil
	})
}

func kindOf(name []byte) (link.Kind, bool) {
	for k, n := range kindNames {
		if string(name) == n {
			return link.Kind(k), true
		}
	}
	return 0, false
}
