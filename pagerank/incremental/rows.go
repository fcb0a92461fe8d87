package incremental

import (
	"slices"

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
	at := s.span(p)
	s.rows.reserve(at, len(links))
	at.length = uint32(len(links))
	copy(s.rows.packed[at.from:], links)
	s.rows.tidy()
}

// editRow takes links out of p's row, which are there, and puts others in, which are not.
func (s *shard) editRow(p link.Page, removed, added []uint32) {
	row := s.row(p)
	at := s.span(p)
	kept := len(row) - len(removed)
	s.rows.reserve(at, max(len(row), kept+len(added)))
	to := s.rows.packed[at.from : at.from+uint64(at.room)]
	copy(to, row) // unless it is there already
	from := 0
	for i, v := range removed {
		k, _ := slices.BinarySearch(to[from:len(row)], v)
		copy(to[from-i:], to[from:from+k])
		from += k + 1
	}
	copy(to[from-len(removed):], to[from:len(row)])
	for end, i := kept, len(added)-1; i >= 0; i-- {
		k, _ := slices.BinarySearch(to[:end], added[i])
		copy(to[k+i+1:], to[k:end])
		to[k+i], end = added[i], k
	}
	at.length = uint32(kept + len(added))
	s.rows.tidy()
}

// span returns where the row of p lies that is not the base graph's any more; its old
// content is lost if it was.
func (s *shard) span(p link.Page) *span {
	if n := &s.e.nodes[p]; n.flags&isChanged == 0 {
		n.flags |= isChanged
		s.rows.at.set(p-s.first, uint32(len(s.rows.spans)))
		s.rows.spans = append(s.rows.spans, span{})
	}
	return &s.rows.spans[s.rows.at.get(p-s.first)]
}

// reserve finds s a place for n links if it has no room for them.
func (r *rows) reserve(s *span, n int) {
	if n > int(s.room) {
		r.spare += int(s.room)
		s.room = uint32(n + n/8 + 2)
		s.from = uint64(len(r.packed))
		r.packed = append(r.packed, make([]uint32, s.room)...)
	}
}

// tidy sees to it that no more is spare than in use.
func (r *rows) tidy() {
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
