package archive

import (
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"freshrank/pagerank/link"
)

// lose deletes the records of a partition below an offset, as retention does.
func (f *fixture) lose(t *testing.T, partition int32, below int64) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(f.o.Brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	req := kmsg.NewPtrDeleteRecordsRequest()
	req.TimeoutMillis = 10_000
	topic, p := kmsg.NewDeleteRecordsRequestTopic(), kmsg.NewDeleteRecordsRequestTopicPartition()
	topic.Topic, p.Partition, p.Offset = f.topic, partition, below
	topic.Partitions = append(topic.Partitions, p)
	req.Topics = append(req.Topics, topic)
	if _, err := req.RequestWith(t.Context(), client); err != nil {
		t.Fatal(err)
	}
}

func TestRetentionPassedTheArchive(t *testing.T) {
	f := setUp(t, 2, nil)
	f.produce(t, 1, event(t, "0"), event(t, "1"))
	if err := f.Archive(t.Context(), f.end(t), nil); err != nil {
		t.Fatal(err)
	}
	f.produce(t, 1, event(t, "2"), event(t, "3"))
	f.produce(t, 1, event(t, "4"), event(t, "5"))
	f.lose(t, 1, 4)
	end := f.end(t)

	err := f.Archive(t.Context(), end, nil)
	var gap *GapError
	if !errors.As(err, &gap) || gap.Partition != 1 || gap.Need != 2 || gap.First != 4 || gap.End != 6 {
		t.Fatalf("archive over a gap: %v", err)
	}
	if !strings.Contains(err.Error(), "retention passed the archive") || !f.store.ends.Equal(link.Offsets{0, 2}) {
		t.Errorf("%v, archived %v", err, f.store.ends)
	}
	if err := f.Records(t.Context(), link.Offsets{0, 2}, end, func(link.Record) error { return nil }); !errors.As(err, &gap) || gap.Need != 2 {
		t.Errorf("records over a gap: %v", err)
	}

	f.o.AcceptGap = true
	if err := f.Archive(t.Context(), end, nil); err != nil {
		t.Fatal(err)
	}
	if got := f.eventIDs(t, nil, end); !f.store.ends.Equal(end) || !slices.Equal(got, []string{"0", "1", "4", "5"}) {
		t.Errorf("with the gap accepted: %v, archived %v", got, f.store.ends)
	}
}

func TestAnotherLogIsRefused(t *testing.T) {
	f := setUp(t, 1, nil)
	f.produce(t, 0, event(t, "0"))
	f.store.ends = link.Offsets{7}
	err := f.Archive(t.Context(), f.end(t), nil)
	var gap *GapError
	if !errors.As(err, &gap) || gap.Need != 7 || gap.End != 1 || !strings.Contains(err.Error(), "made anew") {
		t.Errorf("archive of another log: %v", err)
	}
	f.store.ends = nil
	if err := f.Archive(t.Context(), link.Offsets{3}, nil); !errors.As(err, &gap) || gap.Need != 3 {
		t.Errorf("cut past the end: %v", err)
	}
}

// A topic that was made anew and has grown past the archive's end has other records where
// the archive has its last ones.
func TestReplacedTopicIsRefused(t *testing.T) {
	f := setUp(t, 2, nil)
	f.produce(t, 1, event(t, "0"), event(t, "1"))
	if err := f.Archive(t.Context(), f.end(t), nil); err != nil {
		t.Fatal(err)
	}
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	f.client.Transport = transport // the other remembers the topic
	if _, err := f.client.DeleteTopics(t.Context(), &kafka.DeleteTopicsRequest{Topics: []string{f.topic}}); err != nil {
		t.Fatal(err)
	}
	made, err := f.client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: f.topic, NumPartitions: 2, ReplicationFactor: 1}}})
	if err != nil || made.Errors[f.topic] != nil {
		t.Fatal(err, made)
	}
	f.produce(t, 1, event(t, "2"), event(t, "3"), event(t, "4"))
	err = f.Archive(t.Context(), f.end(t), nil)
	var replaced *ReplacedError
	if !errors.As(err, &replaced) || replaced.Partition != 1 || replaced.Offset != 1 || !strings.Contains(err.Error(), "made anew") {
		t.Errorf("archive of a topic that was made anew: %v", err)
	}
	if !f.store.ends.Equal(link.Offsets{0, 2}) {
		t.Errorf("archived %v", f.store.ends)
	}
}

func TestUnknownTopicAndBrokers(t *testing.T) {
	f := setUp(t, 1, func(o *Options) { o.Patience = 50 * time.Millisecond })
	f.o.Topic += ".no"
	if _, err := f.End(t.Context()); err == nil || !strings.Contains(err.Error(), f.o.Topic) || !strings.Contains(err.Error(), "make the topic") {
		t.Errorf("unknown topic: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	l.Close()
	f.o.Brokers = []string{nobody}
	if _, err := f.End(t.Context()); err == nil || !strings.Contains(err.Error(), nobody) || !strings.Contains(err.Error(), "start the brokers") {
		t.Errorf("no broker: %v", err)
	}
	for _, o := range []Options{{}, {Brokers: []string{nobody}}} {
		if _, err := New(o); err == nil {
			t.Errorf("New(%+v) succeeded", o)
		}
	}
}
