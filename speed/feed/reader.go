package feed

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"

	"freshrank/pagerank/link"
	"freshrank/speed"
)

// reader fetches one partition.
type reader struct {
	*Feed
	partition int
	next      int64 // offset to fetch from
	need      int64 // records before this are welcome, from here on they are needed
}

// chunk is what a reader hands over: records of its partition, possibly none,
// and the offset that comes next.
type chunk struct {
	partition int
	records   []link.Record
	next      int64
}

func (r *reader) run(ctx context.Context, out chan<- chunk) error {
	what := fmt.Sprintf("fetch partition %d", r.partition)
	for {
		records, next, err := r.fetch(ctx)
		if errors.Is(err, kafka.OffsetOutOfRange) {
			next, err = r.reposition(ctx)
			if truncated := (*speed.TruncatedError)(nil); errors.As(err, &truncated) {
				return err
			}
		}
		// What could be read before an error is good.
		for len(records) > 0 || next > r.next {
			c := chunk{partition: r.partition, records: records, next: next}
			if len(records) > r.opt.MaxRecords {
				c.records, records = records[:r.opt.MaxRecords], records[r.opt.MaxRecords:]
				c.next = records[0].Offset
			} else {
				records = nil
			}
			select {
			case out <- c:
				r.next = c.next
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			if err := r.retry(ctx, what, err); err != nil {
				return err
			}
			continue
		}
		r.health.good(ctx, what)
	}
}

func (r *reader) fetch(ctx context.Context) (records []link.Record, next int64, err error) {
	next, err = r.fetchFrom(ctx, r.opt.Topic, r.partition, r.next, func(record link.Record, _ []kafka.Header) {
		records = append(records, record)
	})
	return records, next, err
}

// reposition decides what it means that r.next is outside of the log: records
// that would have been welcome are gone (it returns the offset to go on from),
// needed ones are (TruncatedError), or neither is the case any more.
func (r *reader) reposition(ctx context.Context) (next int64, err error) {
	first, last, err := r.bounds(ctx, r.opt.Topic, r.partition+1)
	if err != nil {
		return r.next, err
	}
	from, to := first.At(r.partition), last.At(r.partition)
	if need := max(r.next, r.need); from > need || to < r.next {
		if to < r.next {
			need = r.next
		}
		return r.next, &speed.TruncatedError{Topic: r.opt.Topic, Partition: r.partition, Need: need, First: from, End: to}
	}
	if from <= r.next {
		return r.next, fmt.Errorf("fetch at offset %d of [%d, %d): %w", r.next, from, to, kafka.OffsetOutOfRange)
	}
	return from, nil
}
