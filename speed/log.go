package speed

import (
	"context"
	"fmt"
	"time"

	"freshrank/pagerank/link"
)

// Batch is a micro-batch: some records, possibly none, and what is known of the
// log's end.
type Batch struct {
	Records []link.Record // ascending by offset within each partition

	// Next is the position behind this batch: every record before it has been
	// handed over. It can pass over offsets that hold no record.
	Next link.Offsets

	// End was the end of the log at some moment not before At.
	End link.Offsets
	At  time.Time // zero as long as the end is unknown
}

// DeadLetter is a record that cannot be applied, and why.
type DeadLetter struct {
	link.Record
	Reason string
	Field  string // of the event; empty if no single one is to blame
}

// Log is where events come from.
type Log interface {
	// Follow hands micro-batches to deliver until ctx ends, deliver fails or the
	// log turns out to be truncated (*TruncatedError); every other trouble it
	// sits out. Each partition is read from scan on, or from its first record if
	// that is later, but never past need: all records from need on are
	// handed over, at least once and in order within their partition. A log that
	// ends before either is truncated, and so is one that is not the one that need is
	// a position of, where that can be told. While deliver blocks nothing more is read.
	// Batches without records tell of the log's end several times a second.
	Follow(ctx context.Context, scan, need link.Offsets, deliver func(Batch) error) error

	// SetAside stores dead letters and returns when they are durable. It retries
	// until ctx ends.
	SetAside(ctx context.Context, letters []DeadLetter) error
}

// TruncatedError says that the log does not hold a record that is needed.
type TruncatedError struct {
	Topic      string
	Partition  int
	Need       int64 // next offset to be read
	First, End int64 // the log holds [First, End)

	Replaced bool // the record before Need is not the one that was archived
}

func (e *TruncatedError) Error() string {
	if e.Replaced {
		return fmt.Sprintf("topic %s, partition %d: the log has another record at offset %d than the archive: the topic was made anew or this is another log; "+
			"name the brokers and the topic that the data folder belongs to, or start over with an empty database and data folder",
			e.Topic, e.Partition, e.Need-1)
	}
	if e.Need < e.First {
		return fmt.Sprintf("topic %s, partition %d: offset %d is needed but retention has removed all before %d; "+
			"if the archive reaches past %d, run `freshrank batch run`: its generation covers the gap; and lengthen the topic's retention",
			e.Topic, e.Partition, e.Need, e.First, e.First)
	}
	return fmt.Sprintf("topic %s, partition %d: offset %d is needed but the log ends at %d: the topic was emptied or made anew; "+
		"restore it, or start over with an empty database and data folder",
		e.Topic, e.Partition, e.Need, e.End)
}
