package incremental

import (
	"cmp"
	"slices"

	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
	"freshrank/pagerank/parallel"
)

// Update makes what events changed, in any order, the state of the engine: through
// [Engine.SetLinks] where that is enough, and [Engine.SetAll] elsewhere. state is called
// from several goroutines, once or twice for each page, and has to return the same. Update
// sorts changes.
func (e *Engine) Update(changes []linkgraph.Change, state func(link.Page) link.State) {
	slices.SortFunc(changes, func(a, b linkgraph.Change) int {
		return cmp.Or(cmp.Compare(a.Page, b.Page), cmp.Compare(a.To, b.To))
	})
	changes = slices.Compact(changes)
	ends := make([]int, 0, len(changes)) // of each page's
	for i := range changes {
		if i+1 == len(changes) || changes[i+1].Page != changes[i].Page {
			ends = append(ends, i+1)
		}
	}
	links, alone := make([]Link, len(changes)), make([]bool, len(ends))
	parallel.Each(e.opt.Workers, (len(ends)+ahead-1)/ahead, func(k int) {
		for i := k * ahead; i < min((k+1)*ahead, len(ends)); i++ {
			from := 0
			if i > 0 {
				from = ends[i-1]
			}
			if changes[ends[i]-1].To == link.NoPage { // which is the last of all
				continue
			}
			s := state(changes[from].Page)
			if alone[i] = s.Kind == link.Unseen || s.Kind == link.Crawled; !alone[i] {
				continue
			}
			for j, c := range changes[from:ends[i]] {
				links[from+j] = Link{From: c.Page, To: c.To, There: s.Carries(c.To, e.opt.Policy)}
			}
		}
	})
	var pages []link.Page
	single, from := links[:0], 0
	for i, end := range ends {
		if alone[i] {
			single = append(single, links[from:end]...)
		} else {
			pages = append(pages, changes[from].Page)
		}
		from = end
	}
	e.SetLinks(single)
	e.SetAll(pages, state)
}

// Link says of a link that it is there now and carries rank, or that it does not.
type Link struct {
	From, To link.Page
	There    bool
}

// SetLinks says of single links, no two the same, whether they are there; what is so
// already is no change. It comes to the same as [Engine.SetAll] with all links of their
// sources, but has no look at links that are not named, unless what they carry changes.
// No link may lead to its own source or to [link.NoPage], and no source may be gone or an
// alias: for such pages a link means more, see [Engine.Set].
func (e *Engine) SetLinks(links []Link) {
	for part := range slices.Chunk(links, 1<<14) { // which bounds the parcels
		far := link.Page(0)
		for _, l := range part {
			far = max(far, l.From, l.To)
			s, key := e.shardOf(l.From), uint64(l.From)<<32|uint64(l.To)
			if l.There {
				s.come = append(s.come, key)
			} else {
				s.gone = append(s.gone, key)
			}
		}
		e.grow(far)
		parallel.Each(e.opt.Workers, shards, func(n int) { e.shards[n].setSingles() })
		e.exchange(e.opt.Workers)
	}
}

// singles are single links of a shard's pages: source and target.
type singles struct{ come, gone []uint64 }

// setSingles applies the links that are to come and to go.
func (s *shard) setSingles() {
	slices.Sort(s.come)
	slices.Sort(s.gone)
	come, gone := s.come, s.gone
	for len(come)+len(gone) > 0 {
		var next [ahead]link.Page
		n := 0
		for c, g := come, gone; n < ahead && len(c)+len(g) > 0; n++ {
			next[n] = source(c, g)
			c, g = c[ofSource(c, next[n]):], g[ofSource(g, next[n]):]
		}
		s.fetchRows(next[:n])
		for _, p := range next[:n] {
			c, g := ofSource(come, p), ofSource(gone, p)
			s.setSome(p, come[:c], gone[:g])
			come, gone = come[c:], gone[g:]
		}
	}
	s.come, s.gone = s.come[:0], s.gone[:0]
}

// source returns the first source of two sorted lists.
func source(a, b []uint64) link.Page {
	if len(a) == 0 || len(b) > 0 && b[0] < a[0] {
		a = b
	}
	return link.Page(a[0] >> 32)
}

// ofSource returns how many of a sorted list, none of them of a page before p, are p's.
func ofSource(list []uint64, p link.Page) (n int) {
	for n < len(list) && link.Page(list[n]>>32) == p {
		n++
	}
	return n
}

// setSome lets links of p come and go.
func (s *shard) setSome(p link.Page, come, gone []uint64) {
	row, d := s.row(p), &s.difference
	d.added, d.removed = pick(d.added[:0], come, row, false), pick(d.removed[:0], gone, row, true)
	if d.none() {
		return
	}
	s.editRow(p, d.removed, d.added)
	s.relinked(p, len(row))
	s.reconsider(p)
}

// pick appends to out the targets of those links that are in row, or are not.
func pick(out []uint32, links []uint64, row []uint32, in bool) []uint32 {
	for _, l := range links {
		if _, found := slices.BinarySearch(row, uint32(l)); found == in {
			out = append(out, uint32(l))
		}
	}
	return out
}
