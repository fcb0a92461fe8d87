package linkfile

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v15/parquet"

	"freshrank/batch/linkfile/chunk"
	"freshrank/batch/linkfile/store"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

var kindNames = [...]string{link.Unseen: "unseen", link.Crawled: "crawled", link.Gone: "gone", link.Alias: "alias"}

// pageColumns are the columns of a row group that is written.
type pageColumns struct {
	ids              []int32
	keys             []parquet.FixedLenByteArray
	urls, kinds      []parquet.ByteArray
	crawled          []bool
	memory           arena // of keys and urls
	targets          maybe[int32]
	versions, addeds versionColumns
}

// add adds page p with its state but for links and edits. It copies url.
func (c *pageColumns) add(p link.Page, key link.PageKey, url []byte, s *link.State) {
	c.ids, c.keys, c.urls = append(c.ids, int32(p)), append(c.keys, c.memory.add(key[:])), append(c.urls, c.memory.add(url))
	c.kinds, c.crawled = append(c.kinds, bytesOf(kindNames[s.Kind])), append(c.crawled, s.Kind == link.Crawled)
	c.targets.add(int32(s.Target), s.Kind == link.Alias)
	c.versions.add(s.Version)
	c.addeds.add(s.Added)
}

func (c *pageColumns) put(out *group) {
	put(out, c.ids, nil)
	put(out, c.keys, nil)
	put(out, c.urls, nil)
	put(out, c.crawled, nil)
	put(out, c.kinds, nil)
	c.targets.put(out)
	c.versions.put(out)
	c.addeds.put(out)
}

func writePages(ctx context.Context, folder store.Folder, g *linkgraph.Graph) (File, error) {
	return writeIn(ctx, folder, pagesTable, g.Pages(), func(s span, out *group) {
		c := &pageColumns{}
		for p, url := range g.URLs.From(link.Page(s.from), link.Page(s.to)) {
			c.add(p, g.Key(p), url, &link.State{Kind: g.Kinds[p], Target: g.Targets[p], Version: g.Versions.At(p), Added: g.Added[p]})
		}
		c.put(out)
	})
}

// arena keeps bytes, many in one allocation.
type arena []byte

func (a *arena) add(b []byte) []byte {
	if cap(*a)-len(*a) < len(b) {
		*a = make([]byte, 0, max(1<<20, len(b)))
	}
	at := len(*a)
	*a = append(*a, b...)
	return (*a)[at:len(*a):len(*a)]
}

// readPages fills in the columns of g that are indexed by page, its keys and Added.
func (d *Dir) readPages(ctx context.Context, folder string, m GraphManifest, g *linkgraph.Graph) error {
	var keys []link.PageKey
	ready := func() {
		n := int(m.Pages)
		g.Kinds, keys = make([]link.Kind, n), make([]link.PageKey, n)
		g.Versions.Grow(n)
	}
	err := d.readTable(ctx, folder, m.Files, pagesTable, fixGraph, ready, func(in *groupReader) error {
		part, err := in.pages(g.Kinds[in.first:][:in.rows], keys[in.first:][:in.rows])
		if err != nil {
			return err
		}
		return in.inOrder(func() error {
			g.URLs.Take(&part.urls)
			g.Versions.Take(&part.versions)
			for p, target := range part.targets {
				g.SetTarget(p, target)
			}
			for p, added := range part.added {
				if g.Added == nil {
					g.Added = map[link.Page]link.Version{}
				}
				g.Added[p] = added
			}
			return nil
		})
	})
	g.SetKeys(keys)
	return err
}

// eachPage calls fn with every page in order: its URL, valid until the next, its key, and
// its state but for links and edits.
func (d *Dir) eachPage(ctx context.Context, folder string, m GraphManifest, fn func(p link.Page, url []byte, key link.PageKey, head link.State) error) error {
	return d.readTable(ctx, folder, m.Files, pagesTable, fixGraph, nil, func(in *groupReader) error {
		kinds, keys := make([]link.Kind, in.rows), make([]link.PageKey, in.rows)
		part, err := in.pages(kinds, keys)
		if err != nil {
			return err
		}
		return in.inOrder(func() error {
			for i, url := range part.urls.From(0, link.Page(in.rows)) {
				p := link.Page(in.first) + i
				head := link.State{Kind: kinds[i], Target: link.NoPage, Version: part.versions.At(i), Added: part.added[p]}
				if kinds[i] == link.Alias {
					head.Target = part.targets[p]
				}
				if err := fn(p, url, keys[i], head); err != nil {
					return err
				}
			}
			part.urls, part.versions = linkgraph.URLs{}, linkgraph.Versions{}
			return nil
		})
	})
}

// pagePart is what of a row group of pages has no place of its own beforehand.
type pagePart struct {
	urls     linkgraph.URLs
	versions linkgraph.Versions
	targets  map[link.Page]link.Page // by the pages' final numbers, as is added
	added    map[link.Page]link.Version
}

// pages reads a row group of pages: kinds and keys into their places, all else into what
// it returns.
func (in *groupReader) pages(kinds []link.Kind, keys []link.PageKey) (*pagePart, error) {
	ids, targets := sized(&in.numbers[0], in.rows), sized(&in.numbers[1], in.rows)
	codes, crawled, aliases := sized(&in.codes, in.rows), sized(&in.flags, in.rows), sized(&in.levels, in.rows)
	version, added := &in.version[0], &in.version[1]
	_, err1 := chunk.Ints(&in.decode, in.column(), ids, nil)
	err1 = in.fault(err1)
	err2 := in.fault(chunk.Keys(&in.decode, in.column(), keys))
	urls := in.column()
	err3 := in.fault(chunk.Bools(&in.decode, in.column(), crawled))
	_, err4 := chunk.Words(&in.decode, in.column(), kindNames[:], codes, nil)
	err4 = in.fault(err4)
	_, err5 := chunk.Ints(&in.decode, in.column(), targets, aliases)
	err5 = in.fault(err5)
	if err := firstOf(err1, err2, err3, err4, err5, version.take(in), added.take(in)); err != nil {
		return nil, err
	}
	part := &in.paged
	part.targets, part.added = map[link.Page]link.Page{}, map[link.Page]link.Version{}
	i := 0
	last := link.Version{}
	err := chunk.FrontCoded(&in.decode, urls, func(shared int, rest []byte) error {
		p := link.Page(in.first + i)
		url := part.urls.AppendFront(shared, rest)
		kinds[i] = link.Kind(codes[i])
		switch {
		case link.Page(ids[i]) != p:
			return fmt.Errorf("row %d has id %d", p, ids[i])
		case keys[i] != link.KeyOf(url):
			return fmt.Errorf("row %d: %x is not the key of %q", p, keys[i], url)
		case crawled[i] != (kinds[i] == link.Crawled):
			return fmt.Errorf("row %d has kind %q with crawled %v", p, kindNames[codes[i]], crawled[i])
		case (aliases[i] == 1) != (kinds[i] == link.Alias):
			return fmt.Errorf("row %d has kind %q, with a target: %v", p, kindNames[codes[i]], aliases[i] == 1)
		}
		if v, differs := version.next(i, last); differs || i == 0 {
			part.versions.Append(v)
			last = v
		} else {
			part.versions.Repeat()
		}
		if aliases[i] == 1 {
			part.targets[p] = link.Page(targets[0])
			targets = targets[1:]
		}
		if v, ok := added.next(i, link.Version{}); ok {
			part.added[p] = v
		}
		i++
		return nil
	})
	if err != nil {
		return nil, in.corrupt("%v", err)
	}
	return part, nil
}
