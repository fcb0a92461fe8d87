package archive

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"freshrank/pagerank/link"
)

// read calls fn with the records of a partition in [from, to), in order, a few
// megabytes at a time, and with the offset after all that fn has seen.
func (s *session) read(ctx context.Context, partition int, from, to int64, fn func(records []link.Record, next int64) error) error {
	next := from
	var failed error // fn's, which nothing is tried again for
	err := s.retry(ctx, func(ctx context.Context) (progress bool, err error) {
		for next < to {
			records, after, err := s.fetch(ctx, partition, next, to)
			if errors.Is(err, kafka.OffsetOutOfRange) {
				return progress, s.gap(ctx, partition, next, to)
			}
			if err != nil {
				return progress, err
			}
			if failed = fn(records, after); failed != nil {
				return progress, nil
			}
			next, progress = after, true
		}
		return progress, nil
	})
	return errors.Join(failed, err)
}

// gap tells why the log refuses an offset.
func (s *session) gap(ctx context.Context, partition int, need, to int64) error {
	first, end, err := s.askBounds(ctx)
	if err != nil {
		return err
	}
	if to > end.At(partition) {
		need = to // the log lost its end, not its beginning
	}
	if need < first.At(partition) || need > end.At(partition) {
		return &GapError{s.o.Topic, partition, need, first.At(partition), end.At(partition)}
	}
	return fmt.Errorf("partition %d refused offset %d and holds it now", partition, need) // try again
}

// fetch returns what the log has next in [next, to), and the offset after it,
// which lies past next.
func (s *session) fetch(ctx context.Context, partition int, next, to int64) (records []link.Record, after int64, err error) {
	res, err := s.client.Fetch(ctx, &kafka.FetchRequest{
		Topic: s.o.Topic, Partition: partition, Offset: next,
		MinBytes: 1, MaxBytes: fetchBytes, MaxWait: fetchWait,
	})
	if err != nil {
		return nil, 0, err
	}
	if res.Error != nil {
		return nil, 0, res.Error
	}
	stream, ok := res.Records.(*protocol.RecordStream)
	if !ok || len(stream.Records) == 0 {
		return nil, 0, fmt.Errorf("partition %d holds nothing at offset %d below %d: %w", partition, next, res.HighWatermark, io.ErrNoProgress)
	}
	after = next
	for _, batch := range stream.Records {
		records, after, err = readBatch(batch, partition, records, after, to)
		if err != nil {
			return nil, 0, err
		}
	}
	if after == next {
		// A broker answers with the batch that spans the offset: it has no record
		// there. Topics that are compacted have such batches.
		s.o.Logger.WarnContext(ctx, "offset without a record", "topic", s.o.Topic, "partition", partition, "offset", next)
		after++
	}
	return records, after, nil
}

// readBatch appends the records of a batch in [after, to) to records.
func readBatch(batch protocol.RecordReader, partition int, records []link.Record, after, to int64) ([]link.Record, int64, error) {
	// The marks that end a transaction take offsets, but are no records.
	_, mark := batch.(*protocol.ControlBatch)
	for {
		rec, err := batch.ReadRecord()
		if errors.Is(err, io.EOF) {
			return records, after, nil
		}
		if err != nil {
			return nil, 0, fmt.Errorf("read batch: %w", err)
		}
		key, err1 := takeBytes(rec.Key)
		value, err2 := takeBytes(rec.Value)
		if err := errors.Join(err1, err2); err != nil {
			return nil, 0, fmt.Errorf("read record at offset %d: %w", rec.Offset, err)
		}
		// A batch may begin before what was asked for and go on past it.
		if rec.Offset < after || after >= to {
			continue
		}
		after = min(rec.Offset+1, to)
		if !mark && rec.Offset < to {
			records = append(records, link.Record{Partition: partition, Offset: rec.Offset, Timestamp: rec.Time.UTC(), Key: key, Value: value})
		}
	}
}

// takeBytes copies b out of the buffer it was received in, and gives that back.
func takeBytes(b protocol.Bytes) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	content, err := protocol.ReadAll(b)
	return content, errors.Join(err, b.Close())
}
