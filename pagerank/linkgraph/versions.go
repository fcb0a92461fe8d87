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

// Append gives the next page its version.
func (v *Versions) Append(version link.Version) {
	if v.distinct == nil {
		v.distinct = []link.Version{{}, link.Imported}
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
