package incremental

import (
	"slices"

	"freshrank/pagerank/csr"
	"freshrank/pagerank/link"
)

// rows holds the counted links of every page, as published: those of an immutable
// base graph, and over it the rows that changed since, packed into one slice.
type rows struct {
	base  *csr.Graph
	at    sparse[uint32] // by page: its place in spans, 0 if its row is the base graph's
	spans []span         // spans[0] is nobody's
	pages []uint32       // the changed rows, with room between them
	spare int            // of pages: no row's any more
}

// span is where a changed row lies in rows.pages.
type span struct {
	from         uint64
	length, room uint32
}

func newRows(base *csr.Graph) rows { return rows{base: base, spans: make([]span, 1)} }

// row returns the pages that p's counted links lead to, ascending. It is valid until
// the next setRow.
func (r *rows) row(p link.Page) []uint32 {
	if at := r.at.get(p); at != 0 {
		s := r.spans[at]
		return r.pages[s.from : s.from+uint64(s.length)]
	}
	if int(p) < r.base.Pages() {
		return r.base.Row(uint32(p))
	}
	return nil
}

// degree returns the length of row(p).
func (r *rows) degree(p link.Page) int {
	if at := r.at.get(p); at != 0 {
		return int(r.spans[at].length)
	}
	if int(p) < r.base.Pages() {
		return r.base.Degree(uint32(p))
	}
	return 0
}

// setRow makes links, which must not be a row itself, the row of p.
func (r *rows) setRow(p link.Page, links []uint32) {
	at := r.at.get(p)
	if at == 0 {
		at = uint32(len(r.spans))
		r.at.set(p, at)
		r.spans = append(r.spans, span{})
	}
	s := &r.spans[at]
	if len(links) > int(s.room) {
		r.spare += int(s.room)
		s.room = uint32(len(links) + len(links)/8 + 2)
		s.from = uint64(len(r.pages))
		r.pages = append(r.pages, make([]uint32, s.room)...)
	}
	s.length = uint32(len(links))
	copy(r.pages[s.from:], links)
	if r.spare > 1<<16 && r.spare > len(r.pages)/2 {
		r.compact()
	}
}

// compact takes out what belongs to no row any more.
func (r *rows) compact() {
	packed := make([]uint32, 0, len(r.pages)-r.spare)
	for i := range r.spans {
		s := &r.spans[i]
		from := uint64(len(packed))
		packed = append(packed, r.pages[s.from:s.from+uint64(s.room)]...)
		s.from = from
	}
	r.pages, r.spare = slices.Clip(packed), 0
}
