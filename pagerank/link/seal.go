package link

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
)

// Seal brings an event whose URLs are canonical into the form that [Limits.Decode]
// returns: the links sorted by URL, those to one page collapsed, those to the page
// itself dropped, both counted, and Tie set. Links is changed in place.
func (e *Event) Seal() { e.seal() }

// seal returns the length of e's encoding.
func (e *Event) seal() int {
	switch e.Type {
	case PageCrawled:
		e.collapse()
	case LinkAdded, LinkRemoved:
		if e.Target == e.URL {
			e.SelfLoops = 1
		}
	}
	text, data := e.encoding()
	h := sha256.New()
	// The separators make the parts unambiguous: none contains a NUL.
	h.Write([]byte(e.Source + "\x00" + e.Type.String() + "\x00"))
	h.Write(data)
	e.Tie = binary.BigEndian.Uint64(h.Sum(nil))
	return len(text)
}

func (e *Event) collapse() {
	slices.SortFunc(e.Links, func(a, b Link) int { return strings.Compare(a.URL, b.URL) })
	kept := e.Links[:0]
	for _, l := range e.Links {
		last := len(kept) - 1
		switch {
		case l.URL == e.URL:
			e.SelfLoops++
		case last >= 0 && kept[last].URL == l.URL:
			kept[last].Rel = kept[last].Rel.Collapse(l.Rel)
			e.Duplicates++
		default:
			kept = append(kept, l)
		}
	}
	clear(e.Links[len(kept):])
	if e.Links = kept; len(kept) == 0 {
		e.Links = nil
	}
}
