package feed

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

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
	res, err := r.client.Fetch(ctx, &kafka.FetchRequest{
		Topic: r.opt.Topic, Partition: r.partition, Offset: r.next,
		MinBytes: 1, MaxBytes: maxFetchBytes, MaxWait: maxFetchWait,
	})
	if err != nil {
		return nil, r.next, err
	}
	if res.Error != nil {
		return nil, r.next, res.Error
	}
	stream, ok := res.Records.(*protocol.RecordStream)
	if !ok {
		return nil, r.next, nil // nothing new
	}
	next = r.next
	for _, b := range stream.Records {
		// The marks that end a transaction take offsets, but are no records.
		_, control := b.(*protocol.ControlBatch)
		for {
			rec, err := b.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return records, next, err
			}
			record, err := copyRecord(rec, r.partition)
			if err != nil {
				return records, next, err
			}
			// A batch can begin before the offset that was asked for.
			if rec.Offset < next {
				continue
			}
			next = rec.Offset + 1
			if !control {
				records = append(records, record)
			}
		}
	}
	if len(stream.Records) > 0 && next == r.next {
		// The broker answers with the batch that spans the offset, but it holds no
		// record from there on: compaction leaves such batches.
		next++
	}
	return records, next, nil
}

// copyRecord takes a record out of the buffers that it was received in.
func copyRecord(r *protocol.Record, partition int) (_ link.Record, err error) {
	c := link.Record{Partition: partition, Offset: r.Offset, Timestamp: r.Time.UTC()}
	for _, part := range []struct {
		from protocol.Bytes
		to   *[]byte
	}{{r.Key, &c.Key}, {r.Value, &c.Value}} {
		if part.from == nil {
			continue
		}
		*part.to, err = protocol.ReadAll(part.from)
		if err = errors.Join(err, part.from.Close()); err != nil {
			return c, fmt.Errorf("read record at offset %d: %w", r.Offset, err)
		}
	}
	return c, nil
}

// reposition decides what it means that r.next is outside of the log: records
// that would have been welcome are gone (it returns the offset to go on from),
// needed ones are (TruncatedError), or neither is the case any more.
func (r *reader) reposition(ctx context.Context) (next int64, err error) {
	first, last, err := r.bounds(ctx, r.partition+1)
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
