package linkgraph

import (
	"iter"
	"slices"
	"unsafe"

	"freshrank/pagerank/hugepages"
	"freshrank/pagerank/link"
)

// Graph returns the folded state as a graph of its own: pages in URL order,
// without those that no event speaks of any more.
func (o *Overlay) Graph() *Graph {
	keep, links := o.kept()
	fresh := o.inOrder()
	n := o.Pages()
	place := hugepages.Make[link.Page](n)
	g := &Graph{Added: map[link.Page]link.Version{}, Edits: map[link.Page][]link.Edit{}}
	for p, url := range o.ordered(keep, fresh) {
		place[p] = link.Page(g.Pages())
		if t, ok := o.states[p]; ok {
			g.AppendPage(url, t.Kind, t.Version)
		} else if int(p) < o.base.Pages() {
			g.AppendPage(url, o.base.Kinds[p], o.base.Versions.At(p))
		} else {
			g.AppendPage(url, link.Unseen, link.Version{})
		}
	}
	renumber := func(p link.Page) link.Page { return place[p] }
	g.Links.Target = hugepages.Make[uint32](links)[:0]
	g.Links.Start = hugepages.Make[uint64](g.Pages() + 1)[:1]
	for p := range o.ordered(keep, fresh) {
		if t, ok := o.states[p]; ok {
			g.appendState(place[p], t.State.Renumber(renumber))
		} else if int(p) < o.base.Pages() {
			g.appendFrom(place[p], o.base, p, place)
		}
		g.EndRow()
	}
	return g
}

// appendState appends the links of p and all else that is sparse.
func (g *Graph) appendState(p link.Page, s link.State) {
	for _, e := range s.Links {
		g.AppendLink(e.To, e.Rel)
	}
	if s.Kind == link.Alias {
		g.SetTarget(p, s.Target)
	}
	if !s.Added.IsZero() {
		g.Added[p] = s.Added
	}
	if len(s.Edits) > 0 {
		g.Edits[p] = s.Edits
	}
}

// appendFrom does the same with the state of page q of base, whose pages have new
// numbers in the same order.
func (g *Graph) appendFrom(p link.Page, base *Graph, q link.Page, place []link.Page) {
	for at := base.Links.Start[q]; at < base.Links.Start[q+1]; at++ {
		g.AppendLink(place[base.Links.Target[at]], base.rel(at))
	}
	if base.Kinds[q] == link.Alias {
		g.SetTarget(p, place[base.Targets[q]])
	}
	if added, ok := base.Added[q]; ok {
		g.Added[p] = added
	}
	if edits, ok := base.Edits[q]; ok {
		edits = slices.Clone(edits)
		for i := range edits {
			edits[i].To = place[edits[i].To]
		}
		g.Edits[p] = edits
	}
}

// kept says which pages some event speaks of, and how many links there are.
func (o *Overlay) kept() (keep []bool, links int) {
	keep = make([]bool, o.Pages())
	for p, t := range o.states {
		t.settle()
		if t.Kind != link.Unseen || len(t.Edits) > 0 {
			keep[p] = true
		}
		if t.Kind == link.Alias {
			keep[t.Target] = true
		}
		for _, e := range t.Links {
			keep[e.To] = true
		}
		for _, e := range t.Edits {
			keep[e.To] = true
		}
		links += len(t.Links)
	}
	for p := range link.Page(o.base.Pages()) {
		if _, ok := o.states[p]; ok {
			continue
		}
		row := o.base.Links.Row(uint32(p))
		links += len(row)
		for _, v := range row {
			keep[v] = true
		}
		if o.base.Kinds[p] != link.Unseen {
			keep[p] = true
		}
		if o.base.Kinds[p] == link.Alias {
			keep[o.base.Targets[p]] = true
		}
		for _, e := range o.base.Edits[p] {
			keep[p], keep[e.To] = true, true
		}
	}
	return keep, links
}

// inOrder returns the pages that the base has not, less the number of those it has, in the
// order of their URLs.
func (o *Overlay) inOrder() []keyed {
	fresh := make([]keyed, len(o.urls))
	for i := range fresh {
		fresh[i].number = uint32(i)
	}
	sortURLs(fresh, func(i uint32) []byte { return unsafe.Slice(unsafe.StringData(o.urls[i]), len(o.urls[i])) })
	return fresh
}

// ordered yields the kept pages in the order of their URLs, which are valid until the
// next: the base's, which are in order already, merged with the new ones.
func (o *Overlay) ordered(keep []bool, fresh []keyed) iter.Seq2[link.Page, []byte] {
	return func(yield func(link.Page, []byte) bool) {
		n, fresh := link.Page(o.base.Pages()), fresh
		emit := func(p link.Page, url []byte) bool { return !keep[p] || yield(p, url) }
		if o.base != nil {
			for p, url := range o.base.URLs.From(0, n) {
				for ; len(fresh) > 0 && o.urls[fresh[0].number] < string(url); fresh = fresh[1:] {
					if !emit(n+link.Page(fresh[0].number), []byte(o.urls[fresh[0].number])) {
						return
					}
				}
				if !emit(p, url) {
					return
				}
			}
		}
		for _, f := range fresh {
			if !emit(n+link.Page(f.number), []byte(o.urls[f.number])) {
				return
			}
		}
	}
}
