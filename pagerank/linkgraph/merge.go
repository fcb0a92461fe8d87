package linkgraph

import (
	"bytes"
	"fmt"

	"freshrank/pagerank/link"
)

// Merge brings a base, a graph that is read page by page and never held, up to date with
// a delta, what events add up to by themselves. What comes out is, page by page, what
// [Overlay.Graph] makes of the same events over the same base: every state of the delta is
// joined with the one there by [link.State.Join].
//
// The base is read twice, each time its pages, its edits and its links, in order:
//
//	Page … Placed          which pages of the delta the base has, and which stand between
//	SeeEdits, SeeLinks     which pages some state still speaks of
//	Number                 these get numbers, in the order of their URLs
//	MakePage … MakePages   the new graph, row by row
//	MakeEdits, MakeLinks
//
// A Merge holds three bits for each page of the base, the delta, and what the base has of
// the pages that the delta's events are about, but for their links.
type Merge struct {
	delta *Graph
	n     link.Page    // pages of the base
	last  []byte       // URL of the last page of the base
	urls  urlCursor    // of delta
	url   []byte       // of page len(at) of delta
	at    []link.Page  // by page of delta: its number in the base, or n + place in before
	stops []stop       // pages of delta that have a state or are new, ascending
	known []link.State // of those that have one and are in the base: the state there, but for links

	before []link.Page // of new pages: the base's page that they come before; n: none
	keep   ranked      // pages that some state speaks of, new ones from n on
	gaps   ranked      // pages of the base that new ones come before
	added  []uint32    // new pages in the gaps up to the i-th
	fresh  []link.Page // by place in before: final number
	next   int         // stop of MakePage
}

// stop is a place where the new graph has something that the base has not.
type stop struct {
	page  link.Page // of the delta
	known int32     // place in known; −1: a new page
}

// NewMerge begins a merge of delta into a base of so many pages. delta must not change.
func NewMerge(delta *Graph, pages int) *Merge {
	return &Merge{
		delta: delta, n: link.Page(pages), urls: urlCursor{u: &delta.URLs},
		at:   make([]link.Page, 0, delta.Pages()),
		keep: newRanked(pages + delta.Pages()), gaps: newRanked(pages + 1),
	}
}

// Page takes in the next page of the base: its URL, and its state but for links and
// edits. The error says why these cannot be a graph's.
func (m *Merge) Page(p link.Page, url []byte, head link.State) error {
	switch {
	case p > 0 && bytes.Compare(m.last, url) >= 0:
		return fmt.Errorf("page %d: URL %q does not follow %q", p, url, m.last)
	case head.Kind > link.Alias:
		return fmt.Errorf("page %d: unknown kind %d", p, head.Kind)
	case head.Kind == link.Alias && head.Target >= m.n:
		return fmt.Errorf("page %d: alias target %d of %d", p, head.Target, m.n)
	}
	m.last = append(m.last[:0], url...)
	order := m.placeBefore(p, url)
	if d := link.Page(len(m.at)); order == 0 {
		m.place(p)
		if m.speaks(d) {
			m.stops = append(m.stops, stop{d, int32(len(m.known))})
			m.known = append(m.known, head)
			return nil
		}
	}
	if head.Kind != link.Unseen {
		m.keep.set(uint32(p))
	}
	if head.Kind == link.Alias {
		m.keep.set(uint32(head.Target))
	}
	return nil
}

// speaks reports whether some event of the delta is about its page d.
func (m *Merge) speaks(d link.Page) bool {
	return m.delta.Kinds[d] != link.Unseen || len(m.delta.Edits[d]) > 0
}

// placeBefore places the pages of the delta before url, or all if url is nil, as new
// ones before p. It returns how the next compares with url.
func (m *Merge) placeBefore(p link.Page, url []byte) int {
	for len(m.at) < m.delta.Pages() {
		if int(m.urls.p) == len(m.at) {
			m.url = m.urls.next()
		}
		if url != nil {
			if order := bytes.Compare(m.url, url); order >= 0 {
				return order
			}
		}
		m.stops = append(m.stops, stop{link.Page(len(m.at)), -1})
		m.place(m.n + link.Page(len(m.before)))
		m.before = append(m.before, p)
	}
	return 1
}

func (m *Merge) place(at link.Page) { m.at = append(m.at, at) }

// Placed ends the pages of the base.
func (m *Merge) Placed() error {
	m.placeBefore(m.n, nil)
	if n := uint64(m.n) + uint64(len(m.before)); n >= uint64(link.NoPage) {
		return ErrTooManyPages
	}
	return nil
}

// joint returns the number of a page of the delta among those of the base and new ones.
func (m *Merge) joint(d link.Page) link.Page { return m.at[d] }

// state returns the state of a stop in joint numbers: links is its row in the base.
func (m *Merge) state(s stop, links []link.Edge) link.State {
	joined := link.State{Target: link.NoPage}
	if s.known >= 0 {
		joined = m.known[s.known]
	}
	joined.Links = links
	if !m.speaks(s.page) {
		return joined
	}
	joined.Join(m.delta.State(s.page).Renumber(m.joint))
	return joined
}

// see notes the pages that a state speaks of.
func (m *Merge) see(p link.Page, s link.State) {
	if s.Kind != link.Unseen || len(s.Edits) > 0 {
		m.keep.set(uint32(p))
	}
	if s.Kind == link.Alias {
		m.keep.set(uint32(s.Target))
	}
	for _, e := range s.Edits {
		m.keep.set(uint32(e.To))
	}
	for _, e := range s.Links {
		m.keep.set(uint32(e.To))
	}
}

// Number numbers the pages of the new graph. It returns how many there are.
func (m *Merge) Number() int {
	m.keep.count()
	m.fresh = make([]link.Page, len(m.before))
	kept := uint32(0)
	for i, p := range m.before {
		m.fresh[i] = link.NoPage
		if !m.keep.has(uint32(m.n) + uint32(i)) {
			continue
		}
		m.fresh[i] = link.Page(m.keep.rank(uint32(p)) + kept)
		if !m.gaps.has(uint32(p)) {
			m.gaps.set(uint32(p))
			m.added = append(m.added, kept)
		}
		kept++
	}
	m.added = append(m.added, kept)
	m.gaps.count()
	return int(m.keep.rank(uint32(m.n)) + kept)
}

// number returns the final number of a page by its joint one. It must be kept.
func (m *Merge) number(p link.Page) link.Page {
	if p >= m.n {
		return m.fresh[p-m.n]
	}
	return link.Page(m.keep.rank(uint32(p)) + m.added[m.gaps.rank(uint32(p)+1)])
}

// MakePage calls emit, until it returns an error, with the pages of the new graph up to
// page p of the base: what [Merge.Page] was given of p, brought up to date, and pages that
// are new.
func (m *Merge) MakePage(p link.Page, url []byte, head link.State, emit func(url []byte, isNew bool, head link.State) error) error {
	if err := m.makeNew(p, emit); err != nil {
		return err
	}
	if m.next < len(m.stops) && m.at[m.stops[m.next].page] == p {
		head = m.state(m.stops[m.next], nil)
		m.next++
	}
	return m.makePage(p, url, false, head, emit)
}

// MakePages calls emit with the pages of the new graph that follow the last of the base.
func (m *Merge) MakePages(emit func(url []byte, isNew bool, head link.State) error) error {
	return m.makeNew(m.n, emit)
}

// makeNew emits the new pages before p.
func (m *Merge) makeNew(p link.Page, emit func([]byte, bool, link.State) error) error {
	for ; m.next < len(m.stops) && m.isBefore(m.stops[m.next], p); m.next++ {
		s := m.stops[m.next]
		if err := m.makePage(m.at[s.page], []byte(m.delta.URL(s.page)), true, m.state(s, nil), emit); err != nil {
			return err
		}
	}
	return nil
}

func (m *Merge) makePage(p link.Page, url []byte, isNew bool, head link.State, emit func([]byte, bool, link.State) error) error {
	if !m.keep.has(uint32(p)) {
		return nil
	}
	if head.Kind == link.Alias {
		head.Target = m.number(head.Target)
	}
	return emit(url, isNew, head)
}

// isBefore reports whether a stop comes before page p of the base.
func (m *Merge) isBefore(s stop, p link.Page) bool {
	if s.known < 0 {
		return m.before[m.at[s.page]-m.n] <= p
	}
	return m.at[s.page] < p
}
