package incremental

import (
	"slices"

	"freshrank/pagerank/csr"
	"freshrank/pagerank/link"
)

// rows holds the counted links of a shard's pages, as published: those of an immutable
// base graph, and over it the rows that changed since, packed into one slice.
type rows struct {
	base   *csr.Graph
	from   link.Page      // the shard's first page
	at     sparse[uint32] // by page from there: its place in spans, 0 if its row is the base graph's
	spans  []span         // spans[0] is nobody's
	packed []uint32       // the changed rows, with room between them
	spare  int            // of packed: no row's any more
}

// span is where a changed row lies in rows.packed.
type span struct {
	from         uint64
	length, room uint32
}

func newRows(base *csr.Graph, from link.Page) rows {
	return rows{base: base, from: from, spans: make([]span, 1)}
}

// row returns the pages that p's counted links lead to, ascending. It is valid until
// the next setRow.
func (r *rows) row(p link.Page) []uint32 {
	if at := r.at.get(p - r.from); at != 0 {
		s := r.spans[at]
		return r.packed[s.from : s.from+uint64(s.length)]
	}
	if int(p) < r.base.Pages() {
		return r.base.Row(uint32(p))
	}
	return nil
}

// degree returns the length of row(p).
func (r *rows) degree(p link.Page) int {
	if at := r.at.get(p - r.from); at != 0 {
		return int(r.spans[at].length)
	}
	if int(p) < r.base.Pages() {
		return r.base.Degree(uint32(p))
	}
	return 0
}

// setRow makes links, which must not be a row itself, the row of p.
func (r *rows) setRow(p link.Page, links []uint32) {
	at := r.at.get(p - r.from)
	if at == 0 {
		at = uint32(len(r.spans))
		r.at.set(p-r.from, at)
		r.spans = append(r.spans, span{})
	}
	s := &r.spans[at]
	if len(links) > int(s.room) {
		r.spare += int(s.room)
		s.room = uint32(len(links) + len(links)/8 + 2)
		s.from = uint64(len(r.packed))
		r.packed = append(r.packed, make([]uint32, s.room)...)
	}
	s.length = uint32(len(links))
	copy(r.packed[s.from:], links)
	if r.spare > 1<<16 && r.spare > len(r.packed)/2 {
		r.compact()
	}
}

// compact takes out what belongs to no row any more.
func (r *rows) compact() {
	kept := make([]uint32, 0, len(r.packed)-r.spare)
	for i := range r.spans {
		s := &r.spans[i]
		from := uint64(len(kept))
		kept = append(kept, r.packed[s.from:s.from+uint64(s.room)]...)
		s.from = from
	}
	r.packed, r.spare = slices.Clip(kept), 0
}
