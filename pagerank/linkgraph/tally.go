package linkgraph

import (
	"hash/maphash"
	"runtime"
	"unsafe"

	"freshrank/pagerank/hugepages"
	"freshrank/pagerank/link"
	"freshrank/pagerank/parallel"
)

// Tally adds up events by themselves, in any order: what [Overlay] makes of them over no
// base, for as many as memory has room for. Until Graph, nothing is folded: an event
// takes some 100 bytes and 8 a link, a page its URL and 19 to 29 bytes. It is not safe for
// concurrent use.
type Tally struct {
	pages   interner
	of      []uint32      // by update: number of its page
	updates []link.Update // of numbers of pages
	edges   []link.Edge   // memory for links of updates
}

// tallyEdges is how many links' memory is taken at a time.
const tallyEdges = 1 << 16

// NewTally returns a Tally of no events.
func NewTally() *Tally { return &Tally{pages: interner{seed: maphash.MakeSeed()}} }

// Add adds an event. It keeps nothing of it but its id.
func (t *Tally) Add(e *link.Event) {
	u, ok := e.Update(t.number)
	if !ok {
		return
	}
	if n := len(u.Links); n > 0 {
		if n > cap(t.edges)-len(t.edges) {
			t.edges = make([]link.Edge, 0, max(n, tallyEdges))
		}
		from := len(t.edges)
		t.edges = append(t.edges, u.Links...)
		u.Links = t.edges[from:len(t.edges):len(t.edges)]
	}
	t.of, t.updates = append(t.of, uint32(t.number(e.URL))), append(t.updates, u)
}

func (t *Tally) number(url string) link.Page {
	return link.Page(t.pages.number(unsafe.Slice(unsafe.StringData(url), len(url))))
}

// Graph returns what the events add up to. Nothing can be added any more.
func (t *Tally) Graph() (*Graph, error) {
	if t.pages.full() {
		return nil, ErrTooManyPages
	}
	_, bound := t.pages.count()
	s := t.fold(int(bound))
	keep, links := s.kept(int(bound))
	order := t.pages.sorted(keep)
	place := hugepages.Make[link.Page](int(bound))
	for i, k := range order {
		place[k.number] = link.Page(i)
	}
	parallel.Each(runtime.GOMAXPROCS(0), parts(len(s.states)), func(i int) {
		for j := i * tallyPart; j < min((i+1)*tallyPart, len(s.states)); j++ {
			s.states[j] = s.states[j].Renumber(func(p link.Page) link.Page { return place[p] })
		}
	})
	g := &Graph{Added: map[link.Page]link.Version{}, Edits: map[link.Page][]link.Edit{}}
	g.Links.Target = hugepages.Make[uint32](links)[:0]
	g.Links.Start = hugepages.Make[uint64](len(order) + 1)[:1]
	none := link.State{Target: link.NoPage}
	for i, k := range order {
		state := &none
		if at := s.at[k.number]; at > 0 {
			state = &s.states[at-1]
		}
		g.AppendPage(t.pages.url(k.number), state.Kind, state.Version)
		g.appendState(link.Page(i), *state)
		g.EndRow()
	}
	return g, nil
}

// tallied are the states of the pages that events are about.
type tallied struct {
	at     []uint32 // by number of a page: one more than its place in states; 0: no event is about it
	states []link.State
}

// tallyPart is how many pages a processor takes at a time.
const tallyPart = 1 << 10

func parts(n int) int { return (n + tallyPart - 1) / tallyPart }

// fold folds the events of each page.
func (t *Tally) fold(bound int) tallied {
	s := tallied{at: hugepages.Make[uint32](bound)}
	var first []uint32 // by place: where its updates begin in order
	for _, p := range t.of {
		if s.at[p] == 0 {
			first = append(first, 0)
			s.at[p] = uint32(len(first))
		}
		first[s.at[p]-1]++
	}
	sum := uint32(0)
	for i, n := range first {
		first[i], sum = sum, sum+n
	}
	order, next := make([]uint32, len(t.of)), append([]uint32(nil), first...)
	for i, p := range t.of {
		n := &next[s.at[p]-1]
		order[*n] = uint32(i)
		*n++
	}
	s.states = make([]link.State, len(first))
	parallel.Each(runtime.GOMAXPROCS(0), parts(len(first)), func(i int) {
		for j := i * tallyPart; j < min((i+1)*tallyPart, len(first)); j++ {
			page := touched{State: link.State{Target: link.NoPage}}
			for _, u := range order[first[j]:next[j]] {
				page.apply(t.updates[u])
			}
			page.settle()
			s.states[j] = page.State
		}
	})
	t.of, t.updates, t.edges = nil, nil, nil
	return s
}

// kept says which pages some state speaks of, and how many links there are.
func (s *tallied) kept(bound int) (keep []bool, links int) {
	keep = make([]bool, bound)
	for p, at := range s.at {
		if at == 0 {
			continue
		}
		t := &s.states[at-1]
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
	return keep, links
}
