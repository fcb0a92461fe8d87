package incremental

import (
	"slices"

	"freshrank/pagerank/hugepages"
	"freshrank/pagerank/link"
)

// rows holds the counted links of those of a shard's pages where they differ from the
// base graph's, as published, packed into a few large slices.
type rows struct {
	at     sparse[uint32] // by page of the shard: its place in spans
	spans  []span
	packed [][]uint32 // the rows, with room between them; the last one grows
	used   int        // of all in packed: what has been a row's
	spare  int        // and is no longer
}

// span is where a row lies in rows.packed.
type span struct{ in, from, length, room uint32 }

// place returns what s has room for.
func (r *rows) place(s *span) []uint32 { return r.packed[s.in][s.from : s.from+s.room] }

// row returns the row at a place in spans.
func (r *rows) row(at uint32) []uint32 {
	s := &r.spans[at]
	return r.packed[s.in][s.from : s.from+s.length]
}

// row returns the pages that p's counted links lead to, ascending. It is valid until
// p's next setRow or editRow; those of other pages leave it as it is, even if they compact.
func (s *shard) row(p link.Page) []uint32 {
	if s.e.nodes[p].flags&isChanged != 0 {
		return s.rows.row(s.rows.at.get(p - s.first))
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
	copy(s.rows.place(at), links)
	s.rows.tidy()
}

// editRow takes links out of p's row, which are there, and puts others in, which are not.
func (s *shard) editRow(p link.Page, removed, added []uint32) {
	row := s.row(p)
	at := s.span(p)
	kept := len(row) - len(removed)
	s.rows.reserve(at, max(len(row), kept+len(added)))
	to := s.rows.place(at)
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
	if n > int(s.room) || len(r.packed) == 0 {
		r.spare += int(s.room)
		r.allot(s, n+n/8+2)
	}
}

// Slices of packed grow with what is in use, so that few are needed and little is idle.
const leastPacked, mostPacked = 1 << 10, 1 << 20

// allot gives s a place with the given room. Where the last slice has not as much, what is
// left of it is lost until rows are compacted. It is not counted: it is less than the room
// that was asked for, so that all of it together is less than what has been a row's.
func (r *rows) allot(s *span, room int) {
	last := len(r.packed) - 1
	if last < 0 || cap(r.packed[last])-len(r.packed[last]) < room {
		size := max(min(max(r.used/4, leastPacked), mostPacked), room)
		r.packed = append(r.packed, hugepages.Make[uint32](size)[:0])
		last++
	}
	*s = span{in: uint32(last), from: uint32(len(r.packed[last])), length: s.length, room: uint32(room)}
	r.packed[last] = r.packed[last][:int(s.from)+room]
	r.used += room
}

// tidy sees to it that no more is spare than in use.
func (r *rows) tidy() {
	if r.spare > 1<<16 && r.spare > r.used/2 {
		r.compact()
	}
}

// compact takes out what belongs to no row any more.
func (r *rows) compact() {
	old := *r
	r.packed, r.used, r.spare = nil, 0, 0
	for i := range r.spans {
		s := &r.spans[i]
		from := old.place(s)
		r.allot(s, len(from))
		copy(r.place(s), from)
	}
}
