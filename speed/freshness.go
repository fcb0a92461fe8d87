package speed

import (
	"time"

	"freshrank/pagerank/link"
)

// freshness knows how far the log reaches and derives as_of, the moment up to
// which all events are included in a state. The zero value knows nothing.
type freshness struct {
	end  link.Offsets
	at   time.Time   // end was read at this moment or later
	last []time.Time // log timestamp of the newest record applied, by partition
}

// observe takes in what a batch says of the log, and its records' timestamps.
func (f *freshness) observe(b decoded) {
	if b.at.After(f.at) {
		f.end, f.at = b.end, b.at
	}
	for len(f.last) < len(b.last) {
		f.last = append(f.last, time.Time{})
	}
	for p, t := range b.last {
		if t.After(f.last[p]) {
			f.last[p] = t
		}
	}
}

// claim returns as_of for a state that includes every record before applied: the
// moment at which the log's end was read, if applied reaches it; else the
// timestamp of the newest record applied in the partition that is furthest
// behind; zero if that is unknown. While the log is unreachable it stands still.
//
// A claim once true of a state stays true, since its offsets only grow: the
// greatest one made is its as_of, which never moves back.
func (f freshness) claim(applied link.Offsets) time.Time {
	t := f.at
	for p, end := range f.end {
		if applied.At(p) >= end {
			continue
		}
		if p >= len(f.last) {
			return time.Time{}
		}
		if f.last[p].Before(t) {
			t = f.last[p]
		}
	}
	return t
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
