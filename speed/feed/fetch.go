package feed

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"

	"freshrank/pagerank/link"
)

// fetchFrom makes one request, hands what it brings to add and returns the offset to
// go on from. What was handed over before an error is good.
func (f *Feed) fetchFrom(ctx context.Context, topic string, partition int, from int64, add func(link.Record, []kafka.Header)) (next int64, err error) {
	res, err := f.client.Fetch(ctx, &kafka.FetchRequest{
		Topic: topic, Partition: partition, Offset: from,
		MinBytes: 1, MaxBytes: maxFetchBytes, MaxWait: maxFetchWait,
	})
	if err != nil {
		return from, err
	}
	if res.Error != nil {
		return from, res.Error
	}
	stream, ok := res.Records.(*protocol.RecordStream)
	if !ok {
		return from, nil // nothing new
	}
	next = from
	for _, b := range stream.Records {
		// The marks that end a transaction take offsets, but are no records.
		_, control := b.(*protocol.ControlBatch)
		for {
			rec, err := b.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return next, err
			}
			record, err := copyRecord(rec, partition)
			if err != nil {
				return next, err
			}
			// A batch can begin before the offset that was asked for.
			if rec.Offset < next {
				continue
			}
			next = rec.Offset + 1
			if !control {
				add(record, rec.Headers)
			}
		}
	}
	if len(stream.Records) > 0 && next == from {
		// The broker answers with the batch that spans the offset, but it holds no
		// record from there on: compaction leaves such batches.
		next++
	}
	return next, nil
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
