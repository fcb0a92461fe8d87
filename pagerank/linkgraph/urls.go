package linkgraph

import (
	"encoding/binary"
	"iter"
	"slices"

	"freshrank/pagerank/link"
)

// URLs holds the URLs of all pages by number, front-coded: each stands as the length
// of what it shares with the one before it and the rest, but for one in sixteen, which
// stands as it is. That takes a third of what strings would. The zero URLs has none.
type URLs struct {
	parts []urlPart
	n     int
	last  []byte
	spare urlPart // memory for the next part, which is copied once it is full
}

// urlPart holds partPages URLs; the last of a URLs may hold fewer.
type urlPart struct {
	text  []byte
	start []uint32 // of every sixteenth
}

const (
	together  = 16
	partPages = 1 << 12 * together
)

// Len returns the number of URLs.
func (u *URLs) Len() int { return u.n }

// Append gives the next page its URL. It may share nothing with that of the page
// before, but then takes as much room as it is long.
func (u *URLs) Append(url []byte) {
	shared := 0
	if u.n%together > 0 {
		for shared < min(len(url), len(u.last)) && url[shared] == u.last[shared] {
			shared++
		}
	}
	u.AppendFront(min(shared, len(u.last)), url[shared:])
}

// AppendFront gives the next page the URL that begins with the first shared bytes of
// that of the page before and goes on with rest. It returns the whole, valid until the
// next is appended.
func (u *URLs) AppendFront(shared int, rest []byte) []byte {
	if u.n%partPages == 0 {
		u.clip()
		u.parts, u.spare = append(u.parts, urlPart{u.spare.text[:0], u.spare.start[:0]}), urlPart{}
	}
	u.last = append(u.last[:shared], rest...)
	part := &u.parts[len(u.parts)-1]
	if u.n%together == 0 {
		part.start = append(part.start, uint32(len(part.text)))
		shared, rest = 0, u.last
	}
	part.text = binary.AppendUvarint(part.text, uint64(shared))
	part.text = binary.AppendUvarint(part.text, uint64(len(rest)))
	part.text = append(part.text, rest...)
	u.n++
	return u.last
}

// clip copies the last part to memory of just its size.
func (u *URLs) clip() {
	if len(u.parts) > 0 {
		last := &u.parts[len(u.parts)-1]
		*last, u.spare = urlPart{slices.Clone(last.text), slices.Clone(last.start)}, *last
	}
}

// Take moves the URLs of more to the next pages. more is empty then, and its memory good
// for others.
func (u *URLs) Take(more *URLs) {
	if u.n%partPages > 0 {
		for _, url := range more.From(0, link.Page(more.n)) {
			u.Append(url)
		}
	} else {
		more.clip()
		u.parts, u.n, u.last = append(u.parts, more.parts...), u.n+more.n, append(u.last[:0], more.last...)
	}
	*more = URLs{parts: more.parts[:0], last: more.last[:0], spare: more.spare}
}

// At returns the URL of page p.
func (u *URLs) At(p link.Page) string {
	for _, url := range u.From(p, p+1) {
		return string(url)
	}
	panic("linkgraph: page out of range")
}

// From yields the pages from ≤ p < to, at most those there are, with their URLs, each
// valid until the next.
func (u *URLs) From(from, to link.Page) iter.Seq2[link.Page, []byte] {
	return func(yield func(link.Page, []byte) bool) {
		to = min(to, link.Page(u.n))
		c := urlCursor{u: u, p: from / together * together}
		for c.p < to {
			p := c.p
			if url := c.next(); p >= from && !yield(p, url) {
				return
			}
		}
	}
}

// urlCursor reads URLs one after the other, beginning with one that stands as it is.
type urlCursor struct {
	u         *URLs
	p         link.Page // the next one
	url, rest []byte
}

// next returns the URL of page c.p, valid until the next, and goes on.
func (c *urlCursor) next() []byte {
	if c.rest == nil || c.p%partPages == 0 {
		part := &c.u.parts[c.p/partPages]
		c.rest = part.text[part.start[c.p%partPages/together]:]
	}
	shared, n := binary.Uvarint(c.rest)
	length, k := binary.Uvarint(c.rest[n:])
	c.rest = c.rest[n+k:]
	c.url = append(c.url[:shared], c.rest[:length]...)
	c.rest = c.rest[length:]
	c.p++
	return c.url
}
