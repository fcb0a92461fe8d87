package speed

import (
	"time"

	"freshrank/pagerank/link"
)

// freshness knows how far the log was read and where it ended at which moments.
// From both follows as_of, the moment up to which all events are included in a
// state. The timestamps of records say nothing of that: whoever produces a record
// may write what it likes. The zero value knows nothing.
type freshness struct {
	read link.Offsets // every record before was handed over, and is set aside if it is bad
	ends []logEnd     // ascending; of those that the live state covers only the last
}

// logEnd says that every event acknowledged before at lies below offsets.
type logEnd struct {
	offsets link.Offsets
	at      time.Time
}

// resolution is in how many steps as_of follows a state that lags. Looks at the
// end of the log that are closer together than the lag's share are forgotten, so
// that a lasting backlog takes no more memory than a hundred times its logarithm.
const resolution = 100

// observe takes in what a batch says of the log; applied is what the live state
// covers now.
func (f *freshness) observe(b decoded, applied link.Offsets) {
	f.read = f.read.Max(b.next)
	if n := len(f.ends); !b.at.IsZero() && (n == 0 || b.at.After(f.ends[n-1].at)) {
		if n > 1 && b.at.Sub(f.ends[n-2].at) < b.at.Sub(f.ends[0].at)/resolution {
			f.ends = f.ends[:n-1]
		}
		f.ends = append(f.ends, logEnd{b.end, b.at})
	}
	if i := f.covered(applied); i > 0 {
		f.ends = f.ends[i:]
	}
}

// end returns where the log ended when last looked at.
func (f *freshness) end() link.Offsets {
	if len(f.ends) == 0 {
		return nil
	}
	return f.ends[len(f.ends)-1].offsets
}

// claim returns as_of for a state that includes every record before applied: the
// last moment at which the log went no further; zero if none is known. While the
// log is unreachable it stands still.
//
// A claim once true of a state stays true, since its offsets only grow: the
// greatest one made is its as_of, which never moves back.
func (f *freshness) claim(applied link.Offsets) time.Time {
	if i := f.covered(applied); i >= 0 {
		return f.ends[i].at
	}
	return time.Time{}
}

// covered returns the index of the last end that applied covers; −1 if none.
func (f *freshness) covered(applied link.Offsets) int {
	i := len(f.ends) - 1
	for i >= 0 && !applied.Covers(f.ends[i].offsets) {
		i--
	}
	return i
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
