package feed

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/segmentio/kafka-go"

	"freshrank/pagerank/link"
	"freshrank/speed"
)

// Letter is a stored dead letter. Its record's partition and offset are those that
// the record has in the log; its key and value may be the beginnings only.
type Letter struct {
	speed.DeadLetter
	SetAside time.Time
	Bytes    int64 // of the record's value
	Cut      bool  // key or value are not whole
}

// Letters calls fn with every dead letter that was stored before it was called, each
// partition in order. It tries nothing again.
func (f *Feed) Letters(ctx context.Context, fn func(Letter) error) error {
	topic := f.opt.DeadLetterTopic
	n, err := f.partitions(ctx, topic)
	if err != nil {
		return fmt.Errorf("read dead letters: %w", err)
	}
	first, end, err := f.bounds(ctx, topic, n)
	if err != nil {
		return fmt.Errorf("read dead letters: %w", err)
	}
	for p := range n {
		for next := first[p]; next < end[p]; {
			var letters []Letter
			next, err = f.fetchFrom(ctx, topic, p, next, func(r link.Record, headers []kafka.Header) {
				if r.Offset < end[p] {
					letters = append(letters, parseLetter(r, headers))
				}
			})
			for _, l := range letters {
				if err := fn(l); err != nil {
					return err
				}
			}
			if err != nil {
				return fmt.Errorf("read dead letters of topic %s, partition %d, from offset %d: %w", topic, p, next, err)
			}
		}
	}
	return nil
}

// parseLetter reads what produce wrote. A record that others put into the topic has
// partition −1, which the log has not.
func parseLetter(r link.Record, headers []kafka.Header) Letter {
	l := Letter{SetAside: r.Timestamp, Bytes: int64(len(r.Value))}
	l.Record = link.Record{Partition: -1, Offset: -1, Key: r.Key, Value: r.Value}
	for _, h := range headers {
		switch number, err := strconv.ParseInt(string(h.Value), 10, 64); h.Key {
		case HeaderReason:
			l.Reason = string(h.Value)
		case HeaderField:
			l.Field = string(h.Value)
		case HeaderPartition:
			if err == nil && number >= 0 && number < 1<<31 {
				l.Partition = int(number)
			}
		case HeaderOffset:
			if err == nil {
				l.Offset = number
			}
		case HeaderCut:
			l.Cut, l.Bytes = true, number
		case HeaderKeyCut:
			l.Cut = true
		}
	}
	return l
}
