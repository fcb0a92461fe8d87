package incremental

import (
	"freshrank/pagerank/link"
)

// rows holds the counted links of those of a shard's pages where they differ from the
// base graph's, as published, packed into one slice.
type rows struct {
	at     sparse[uint32] // by page of the shard: its place in spans
	spans  []span
	packed []uint32 // the rows, with room between them
	spare  int      // of packed: no row's any more
}

// span is where a row lies in rows.packed.
type span struct {
	from         uint64
	length, room uint32
}

// row returns the pages that p's counted links lead to, ascending. It is valid until
// the next setRow.
func (s *shard) row(p link.Page) []uint32 {
	if s.e.nodes[p].flags&isChanged != 0 {
		at := s.rows.spans[s.rows.at.get(p-s.first)]
		return s.rows.packed[at.from : at.from+uint64(at.length)]
	}
	if int(p) < s.e.base.Pages() {
		return s.e.base.Row(uint32(p))
	}
	return nil
}

// degree returns the length of row(p).
func (s *shard) degree(p link.Page) int { return len(s.row(p)) }

// setRow makes links, which must not be a row itself, the row of p.
func (s *shard) setRow(p link.Page, links []uint32) {
	if n := &s.e.nodes[p]; n.flags&isChanged == 0 {
		n.flags |= isChanged
		s.rows.at.set(p-s.first, uint32(len(s.rows.spans)))
		s.rows.spans = append(s.rows.spans, span{})
	}
	s.rows.put(&s.rows.spans[s.rows.at.get(p-s.first)], links)
}

func (r *rows) put(s *span, links []uint32) {
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
	r.packed, r.spare = kept, 0
}
