package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"freshrank/pagerank/link"
)

// topicLog reads the topic itself: what is in it is what there is to be known.
type topicLog struct {
	log        logNode
	transport  *kafka.Transport
	partitions [][]record // by offset
	letters    []letter
	nextLetter []int64
}

type record struct {
	at         time.Time // the log's
	key, value []byte
	event      *link.Event // nil: it is none
}

// letter is a dead letter.
type letter struct{ partition, offset string }

func newTopicLog(t *testing.T, log logNode) *topicLog {
	l := &topicLog{log: log, transport: &kafka.Transport{}}
	t.Cleanup(l.transport.CloseIdleConnections)
	return l
}

func (l *topicLog) client() *kafka.Client {
	return &kafka.Client{Addr: kafka.TCP(l.log.addr()), Transport: l.transport, Timeout: 10 * time.Second}
}

// ends returns where each partition ends, that is, the next offset.
func (l *topicLog) ends(ctx context.Context, topic string) ([]int64, error) {
	m, err := l.client().Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return nil, err
	}
	var ask []kafka.OffsetRequest
	for p := range m.Topics[0].Partitions {
		ask = append(ask, kafka.LastOffsetOf(p))
	}
	found, err := l.client().ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: ask}})
	if err != nil {
		return nil, err
	}
	ends := make([]int64, len(ask))
	for _, o := range found.Topics[topic] {
		if o.Error != nil {
			return nil, o.Error
		}
		ends[o.Partition] = o.LastOffset
	}
	return ends, nil
}

// read takes in what the topic and that of dead letters have by now. It reads a part of
// what it knows again: that must not have changed.
func (l *topicLog) read(t *testing.T) (end link.Offsets) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	end, err := l.ends(ctx, link.Topic)
	if err != nil {
		t.Fatal(err)
	}
	for len(l.partitions) < len(end) {
		l.partitions = append(l.partitions, nil)
	}
	const again = 500
	for p := range end {
		known := int64(len(l.partitions[p]))
		if end[p] < known {
			t.Errorf("partition %d ends at %d, and had %d records before: the log has lost some", p, end[p], known)
			l.partitions[p] = l.partitions[p][:end[p]]
			known = end[p]
		}
		next := max(0, known-again)
		err := l.fetch(ctx, link.Topic, p, next, end[p], func(r *kafka.Record) error {
			key, value, err := contents(r)
			switch {
			case err != nil:
				return err
			case r.Offset != next:
				return fmt.Errorf("offset %d follows %d", r.Offset, next-1)
			case next < known:
				if old := l.partitions[p][next]; !bytes.Equal(old.value, value) || !bytes.Equal(old.key, key) {
					return fmt.Errorf("offset %d holds another record than before", next)
				}
			default:
				l.partitions[p] = append(l.partitions[p], newRecord(r.Time, key, value))
			}
			next++
			return nil
		})
		if err != nil {
			t.Fatalf("read partition %d: %v", p, err)
		}
	}
	l.readLetters(ctx, t)
	return end
}

func newRecord(at time.Time, key, value []byte) record {
	r := record{at: at, key: key, value: value}
	if e, err := link.DefaultLimits().Decode(value, at); err == nil {
		r.event = &e
	}
	return r
}

func (l *topicLog) readLetters(ctx context.Context, t *testing.T) {
	t.Helper()
	end, err := l.ends(ctx, link.DeadLetterTopic)
	if err != nil {
		t.Fatal(err)
	}
	for len(l.nextLetter) < len(end) {
		l.nextLetter = append(l.nextLetter, 0)
	}
	for p := range end {
		err := l.fetch(ctx, link.DeadLetterTopic, p, l.nextLetter[p], end[p], func(r *kafka.Record) error {
			var found letter
			for _, h := range r.Headers {
				switch h.Key {
				case "partition":
					found.partition = string(h.Value)
				case "offset":
					found.offset = string(h.Value)
				}
			}
			l.letters = append(l.letters, found)
			l.nextLetter[p] = r.Offset + 1
			return nil
		})
		if err != nil {
			t.Fatalf("read dead letters of partition %d: %v", p, err)
		}
	}
}

// fetch calls fn with the records from ≤ offset < to.
func (l *topicLog) fetch(ctx context.Context, topic string, partition int, from, to int64, fn func(*kafka.Record) error) error {
	for from < to {
		found, err := l.client().Fetch(ctx, &kafka.FetchRequest{
			Topic: topic, Partition: partition, Offset: from, MinBytes: 1, MaxBytes: 8 << 20, MaxWait: time.Second,
		})
		if err == nil {
			err = found.Error
		}
		if err != nil {
			return err
		}
		for from < to {
			r, err := found.Records.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return err
			}
			if r.Offset < from {
				continue // of the same batch
			}
			if err := fn(r); err != nil {
				return err
			}
			from = r.Offset + 1
		}
	}
	return nil
}

func contents(r *kafka.Record) (key, value []byte, err error) {
	if r.Key != nil {
		if key, err = kafka.ReadAll(r.Key); err != nil {
			return nil, nil, err
		}
	}
	if r.Value != nil {
		value, err = kafka.ReadAll(r.Value)
	}
	return key, value, err
}
