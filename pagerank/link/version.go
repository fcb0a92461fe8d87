package link

import (
	"cmp"
	"strings"
)

// Version orders the events of one page: by observed time, then by event id.
// Tie makes the order total where two events bear the same time and id but
// differ in source or content; it is a digest of those. The zero Version is
// older than every event's.
type Version struct {
	Time int64  // nanoseconds since 1970-01-01 UTC, > 0 for an event
	ID   string // CloudEvents id
	Tie  uint64 // digest of source, type and data
}

// Imported is the version of a page that an import brought: older than every
// event that is accepted, newer than none.
var Imported = Version{Time: 1, ID: "import"}

// Compare returns −1, 0 or +1 as v is older than, equal to or newer than w.
func (v Version) Compare(w Version) int {
	if c := cmp.Compare(v.Time, w.Time); c != 0 {
		return c
	}
	if c := strings.Compare(v.ID, w.ID); c != 0 {
		return c
	}
	return cmp.Compare(v.Tie, w.Tie)
}

// Newer reports whether v is newer than w.
func (v Version) Newer(w Version) bool { return v.Compare(w) > 0 }

// IsZero reports whether v stands for "no event".
func (v Version) IsZero() bool { return v == Version{} }
