package linkgraph

import "freshrank/pagerank/link"

// Versions holds a version for each page; most are equal to that of a neighbour, as
// all of an import are, and stand once. The zero Versions has none.
type Versions struct {
	of       []uint32 // by page: its place in distinct
	distinct []link.Version
}

// Len returns the number of pages.
func (v *Versions) Len() int { return len(v.of) }

// At returns the version of page p.
func (v *Versions) At(p link.Page) link.Version { return v.distinct[v.of[p]] }

// common are the first distinct versions of every Versions.
var common = []link.Version{{}, link.Imported}

// Append gives the next page its version.
func (v *Versions) Append(version link.Version) {
	if v.distinct == nil {
		v.distinct = append(v.distinct, common...)
	}
	at := len(v.distinct) - 1
	switch version {
	case v.distinct[at]:
	case v.distinct[0]:
		at = 0
	case v.distinct[1]:
		at = 1
	default:
		at++
		v.distinct = append(v.distinct, version)
	}
	v.of = append(v.of, uint32(at))
}

// Repeat gives the next page the version of the one before it.
func (v *Versions) Repeat() { v.of = append(v.of, v.of[len(v.of)-1]) }

// Take moves the versions of more to the next pages. more is empty then, and its memory
// good for others.
func (v *Versions) Take(more *Versions) {
	if v.distinct == nil {
		v.distinct = append(v.distinct, common...)
	}
	known := uint32(len(common))
	moved := uint32(len(v.distinct)) - known
	for _, at := range more.of {
		if at >= known {
			at += moved
		}
		v.of = append(v.of, at)
	}
	if len(more.distinct) > len(common) {
		v.distinct = append(v.distinct, more.distinct[known:]...)
	}
	*more = Versions{of: more.of[:0]}
}

// Grow makes room for n further pages.
func (v *Versions) Grow(n int) {
	of := make([]uint32, len(v.of), len(v.of)+n)
	copy(of, v.of)
	v.of = of
}
