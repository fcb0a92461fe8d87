package feed

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/segmentio/kafka-go"

	"freshrank/pagerank/link"
)

// Replay sends the records of dead letters to the log again, each to the partition
// that it came from. That is harmless however often it is done: the fold of events is
// idempotent. What is still no event comes back as another dead letter.
type Replay struct {
	Sent int // records that all in-sync replicas have
	Same int // letters of a record that was sent already
	Gone int // letters that hold the beginning of a record only, which the log does not hold any more

	feed    *Feed
	dry     bool
	seen    map[[sha256.Size]byte]struct{}
	pending map[int][]kafka.Record // by partition
	count   int
	bytes   int
}

// Replay begins one. A dry one only counts.
func (f *Feed) Replay(dry bool) *Replay {
	return &Replay{feed: f, dry: dry, seen: map[[sha256.Size]byte]struct{}{}, pending: map[int][]kafka.Record{}}
}

// Add sends a letter's record, now or with the next ones; see [Replay.Flush].
func (r *Replay) Add(ctx context.Context, l Letter) error {
	record, ok, err := r.feed.original(ctx, l)
	if err != nil {
		return err
	}
	if !ok {
		r.Gone++
		return nil
	}
	digest := sha256.Sum256(append(append(binary.AppendUvarint(nil, uint64(len(record.Key))), record.Key...), record.Value...))
	if _, ok := r.seen[digest]; ok {
		r.Same++
		return nil
	}
	r.seen[digest] = struct{}{}
	size := len(record.Key) + len(record.Value)
	if r.count > 0 && r.bytes+size > maxGroupBytes {
		if err := r.Flush(ctx); err != nil {
			return err
		}
	}
	out := kafka.Record{Time: r.feed.opt.Now()}
	if record.Key != nil {
		out.Key = kafka.NewBytes(record.Key)
	}
	if record.Value != nil {
		out.Value = kafka.NewBytes(record.Value)
	}
	p := max(l.Partition, 0)
	r.pending[p] = append(r.pending[p], out)
	r.count, r.bytes = r.count+1, r.bytes+size
	return nil
}

// Flush returns when all that was added is durable. After an error some of it may be.
func (r *Replay) Flush(ctx context.Context) error {
	if r.count == 0 {
		return nil
	}
	n, err := r.feed.partitions(ctx, r.feed.opt.Topic)
	if err != nil {
		return err
	}
	for _, p := range slices.Sorted(maps.Keys(r.pending)) {
		records := r.pending[p]
		if !r.dry {
			if err := r.feed.send(ctx, r.feed.opt.Topic, p%n, records); err != nil {
				return err
			}
		}
		r.Sent += len(records)
		delete(r.pending, p)
	}
	r.count, r.bytes = 0, 0
	return nil
}

// original returns a letter's whole record; false if nobody has it any more.
func (f *Feed) original(ctx context.Context, l Letter) (found link.Record, ok bool, err error) {
	if !l.Cut {
		return l.Record, true, nil
	}
	if l.Partition < 0 || l.Offset < 0 {
		return link.Record{}, false, nil // it does not say where it comes from
	}
	_, err = f.fetchFrom(ctx, f.opt.Topic, l.Partition, l.Offset, func(r link.Record, _ []kafka.Header) {
		if r.Offset == l.Offset {
			found, ok = r, true
		}
	})
	if ok {
		return found, true, nil
	}
	if errors.Is(err, kafka.OffsetOutOfRange) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("read offset %d of topic %s, partition %d: %w", l.Offset, f.opt.Topic, l.Partition, err)
	}
	return link.Record{}, false, err
}

// send returns when all in-sync replicas have the records.
func (f *Feed) send(ctx context.Context, topic string, partition int, records []kafka.Record) error {
	res, err := f.client.Produce(ctx, &kafka.ProduceRequest{
		Topic: topic, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
	})
	if err != nil {
		return err
	}
	if res.Error != nil {
		return fmt.Errorf("produce to topic %s, partition %d: %w", topic, partition, res.Error)
	}
	for _, err := range res.RecordErrors {
		return fmt.Errorf("produce to topic %s, partition %d: %w", topic, partition, err)
	}
	return nil
}
