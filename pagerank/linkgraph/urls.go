package linkgraph

import (
	"encoding/binary"
	"iter"

	"freshrank/pagerank/link"
)

// URLs holds the URLs of all pages by number, front-coded: each stands as the length
// of what it shares with the one before it and the rest, but for one in sixteen, which
// stands as it is. That takes a third of what strings would. The zero URLs has none.
type URLs struct {
	text  []byte
	start []uint64 // of every sixteenth
	n     int
	last  []byte
}

const together = 16

// Len returns the number of URLs.
func (u *URLs) Len() int { return u.n }

// Append gives the next page its URL. It may share nothing with that of the page
// before, but then takes as much room as it is long.
func (u *URLs) Append(url []byte) {
	shared := 0
	if u.n%together == 0 {
		u.start = append(u.start, uint64(len(u.text)))
	} else {
		for shared < min(len(url), len(u.last)) && url[shared] == u.last[shared] {
			shared++
		}
	}
	u.text = binary.AppendUvarint(u.text, uint64(shared))
	u.text = binary.AppendUvarint(u.text, uint64(len(url)-shared))
	u.text = append(u.text, url[shared:]...)
	u.last = append(u.last[:shared], url[shared:]...)
	u.n++
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
		if from >= to {
			return
		}
		p := from / together * together
		rest := u.text[u.start[p/together]:]
		var url []byte
		for ; p < to; p++ {
			shared, n := binary.Uvarint(rest)
			length, k := binary.Uvarint(rest[n:])
			rest = rest[n+k:]
			url = append(url[:shared], rest[:length]...)
			rest = rest[length:]
			if p >= from && !yield(p, url) {
				return
			}
		}
	}
}
