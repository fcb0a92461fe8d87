package feed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"

	"freshrank/pagerank/link"
	"freshrank/speed"
)

// end says that the log reached to offsets at some moment not before at.
type end struct {
	offsets link.Offsets
	at      time.Time
}

// watchEnd looks at the log's end again and again, and reports it and every
// partition that is found. A log that ends before known is not the one that known
// is a position of, nor is one that has another record before need than the archive.
func (f *Feed) watchEnd(ctx context.Context, known, need link.Offsets, out chan<- end, start func(partition int)) error {
	found := 0
	for {
		n, err := f.partitions(ctx, f.opt.Topic)
		if err == nil {
			// Every event that anyone was told is in the log by now lies below the
			// offsets that come back, so the moment before the request counts.
			e := end{at: f.opt.Now().UTC()}
			var first link.Offsets
			if first, e.offsets, err = f.bounds(ctx, f.opt.Topic, n); err == nil {
				f.health.good(ctx, "end of the log")
				if found == 0 { // later on the readers notice it
					if err := f.recognise(ctx, known, need, first, e.offsets); err != nil {
						truncated := (*speed.TruncatedError)(nil)
						if errors.As(err, &truncated) {
							return err
						}
						if err := f.retry(ctx, "end of the log", err); err != nil {
							return err
						}
						continue
					}
				}
				for ; found < n; found++ {
					start(found)
				}
				select {
				case out <- e:
				case <-ctx.Done():
					return ctx.Err()
				}
				if err := pause(ctx, f.opt.Probe); err != nil {
					return err
				}
				continue
			}
		}
		if err := f.retry(ctx, "end of the log", err); err != nil {
			return err
		}
	}
}

// recognise returns a TruncatedError if the log, which holds [first, end), is not the one
// that known and need are positions of.
func (f *Feed) recognise(ctx context.Context, known, need, first, end link.Offsets) error {
	for p := range known {
		e := &speed.TruncatedError{Topic: f.opt.Topic, Partition: p, Need: known[p], First: first.At(p), End: end.At(p)}
		if e.Need > e.End {
			return e
		}
		e.Need, e.Replaced = need.At(p), true
		if e.Need <= e.First {
			continue // nothing to compare with
		}
		was, ok, err := f.opt.Archived(ctx, p, e.Need-1)
		if err != nil { // whoever needs the archive refuses it
			f.opt.Logger.ErrorContext(ctx, "archive cannot be read, and not be compared with the log", "partition", p, "error", err)
			continue
		}
		if !ok {
			continue
		}
		var is []link.Record
		_, err = f.fetchFrom(ctx, f.opt.Topic, p, e.Need-1, func(r link.Record, _ []kafka.Header) { is = append(is, r) })
		if len(is) > 0 && is[0].Offset == was.Offset && !is[0].Same(was) {
			return e
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bounds returns the first and the next offset of all n partitions of a topic.
func (f *Feed) bounds(ctx context.Context, topic string, n int) (first, last link.Offsets, err error) {
	var ask []kafka.OffsetRequest
	for p := range n {
		ask = append(ask, kafka.FirstOffsetOf(p), kafka.LastOffsetOf(p))
	}
	res, err := f.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: ask}})
	if err != nil {
		return nil, nil, err
	}
	first, last = make(link.Offsets, n), make(link.Offsets, n)
	answered := 0
	for _, o := range res.Topics[topic] {
		if o.Error != nil {
			return nil, nil, fmt.Errorf("list offsets of topic %s, partition %d: %w", topic, o.Partition, o.Error)
		}
		if o.Partition < n {
			first[o.Partition], last[o.Partition] = o.FirstOffset, o.LastOffset
			answered++
		}
	}
	if answered != n {
		return nil, nil, fmt.Errorf("list offsets of topic %s: %d of %d partitions answered", topic, answered, n)
	}
	return first, last, nil
}
