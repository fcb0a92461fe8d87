package link

import (
	"fmt"
	"slices"
	"strings"
)

// The topics. The log is the truth; what cannot be read from it is copied to the
// other one with the reason.
const (
	Topic           = "freshrank.links"
	DeadLetterTopic = "freshrank.links.dlq"
)

// Offsets is a position in the log: by partition, the offset that comes next, so
// that all records below it are covered. nil is the start of the log; a partition
// that is missing stands at 0. Values are never shared: methods that return
// Offsets return a copy.
type Offsets []int64

// At returns the next offset of partition p.
func (o Offsets) At(p int) int64 {
	if p < 0 || p >= len(o) {
		return 0
	}
	return o[p]
}

// Covers reports whether o is at or past q in every partition. Two positions may
// well cover each other in neither direction.
func (o Offsets) Covers(q Offsets) bool {
	for p := range max(len(o), len(q)) {
		if o.At(p) < q.At(p) {
			return false
		}
	}
	return true
}

// Equal reports whether o and q are the same position.
func (o Offsets) Equal(q Offsets) bool { return o.Covers(q) && q.Covers(o) }

// Max returns the first position that covers both o and q.
func (o Offsets) Max(q Offsets) Offsets {
	m := make(Offsets, max(len(o), len(q)))
	for p := range m {
		m[p] = max(o.At(p), q.At(p))
	}
	return m
}

// Behind returns how many offsets o lacks to cover end.
func (o Offsets) Behind(end Offsets) int64 {
	var n int64
	for p := range end {
		n += max(0, end[p]-o.At(p))
	}
	return n
}

// Clone returns a copy; that of nil is nil.
func (o Offsets) Clone() Offsets { return slices.Clone(o) }

// String returns o such as "0:12 1:7"; "start" if it covers nothing.
func (o Offsets) String() string {
	var b strings.Builder
	for p, n := range o {
		if n != 0 {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, "%d:%d", p, n)
		}
	}
	if b.Len() == 0 {
		return "start"
	}
	return b.String()
}
