package link

import (
	"bytes"
	"time"
)

// Record is one record of the log, whatever it holds.
type Record struct {
	Partition  int
	Offset     int64
	Timestamp  time.Time // the log's, in milliseconds; not the event's
	Key, Value []byte    // as they came; nil differs from empty
}

// Same reports whether r and o are the same record of one log: another topic of the same
// name has others at the same offsets.
func (r *Record) Same(o Record) bool {
	return r.Partition == o.Partition && r.Offset == o.Offset && r.Timestamp.UnixMilli() == o.Timestamp.UnixMilli() &&
		bytes.Equal(r.Key, o.Key) && bytes.Equal(r.Value, o.Value)
}

// Archived is a Record and what was made of it when it was archived. That verdict
// stands, whatever the limits are later.
type Archived struct {
	Record
	Refused string // why; "" if it was accepted

	// Of an accepted event.
	ID, Source, Type, URL string
	Time                  time.Time
}
