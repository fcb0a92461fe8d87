package feed_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"freshrank/migrations/migrationstest"
	"freshrank/pagerank/link"
	"freshrank/speed"
	"freshrank/speed/feed"
)

func TestMain(m *testing.M) { migrationstest.Main(m) }

type log struct {
	t       *testing.T
	brokers []string
	topic   string
	client  *kafka.Client
}

func newLog(t *testing.T, partitions int) *log {
	l := &log{t: t, brokers: migrationstest.Brokers(t)}
	l.topic = migrationstest.Topic(t, l.brokers, partitions)
	transport := &kafka.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	l.client = &kafka.Client{Addr: kafka.TCP(l.brokers...), Transport: transport}
	return l
}

func (l *log) produce(partition int, values ...string) {
	l.t.Helper()
	records := make([]kafka.Record, len(values))
	for i, v := range values {
		records[i] = kafka.Record{Time: time.Now(), Key: kafka.NewBytes([]byte("key")), Value: kafka.NewBytes([]byte(v))}
	}
	res, err := l.client.Produce(l.t.Context(), &kafka.ProduceRequest{
		Topic: l.topic, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...)})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// feed returns a feed that is closed when the test ends.
func (l *log) feed(change func(*feed.Options)) *feed.Feed {
	l.t.Helper()
	o := feed.Options{Brokers: l.brokers, Topic: l.topic, Linger: 5 * time.Millisecond, Probe: 10 * time.Millisecond, Retry: 10 * time.Millisecond}
	if change != nil {
		change(&o)
	}
	f, err := feed.New(o)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(f.Close)
	return f
}

// follow reads until enough says so and returns the batches.
func (l *log) follow(f *feed.Feed, scan, need link.Offsets, enough func(speed.Batch) bool) (all []speed.Batch, err error) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 15*time.Second)
	defer cancel()
	stop := errors.New("enough")
	err = f.Follow(ctx, scan, need, func(b speed.Batch) error {
		all = append(all, b)
		if enough(b) {
			return stop
		}
		return nil
	})
	if errors.Is(err, stop) {
		err = nil
	}
	return all, err
}

func values(all []speed.Batch, partition int) (list []string) {
	for _, b := range all {
		for _, r := range b.Records {
			if r.Partition == partition {
				list = append(list, fmt.Sprintf("%d:%s", r.Offset, r.Value))
			}
		}
	}
	return list
}

func numbered(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint("v", i))
	}
	return list
}

func TestFollowFromOffsets(t *testing.T) {
	l := newLog(t, 3)
	l.produce(0, numbered(5)...)
	l.produce(1, numbered(3)...)
	all, err := l.follow(l.feed(nil), link.Offsets{2, 0}, link.Offsets{3, 3}, func(b speed.Batch) bool {
		return b.Next.Covers(link.Offsets{5, 3}) && b.End.Covers(link.Offsets{5, 3})
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(values(all, 0), values(all, 1)); got != "[2:v2 3:v3 4:v4] [0:v0 1:v1 2:v2]" {
		t.Errorf("records %s", got)
	}
	last := all[len(all)-1]
	if !last.End.Equal(link.Offsets{5, 3, 0}) || len(last.End) != 3 || last.At.IsZero() {
		t.Errorf("end %v at %v", last.End, last.At)
	}
}

func TestMicroBatches(t *testing.T) {
	l := newLog(t, 2)
	l.produce(0, numbered(250)...)
	l.produce(1, numbered(250)...)
	all, err := l.follow(l.feed(func(o *feed.Options) { o.MaxRecords = 100; o.Linger = time.Second }), nil, nil,
		func(b speed.Batch) bool { return b.Next.Covers(link.Offsets{250, 250}) })
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		if len(b.Records) > 100 {
			t.Errorf("a batch of %d records", len(b.Records))
		}
		for _, r := range b.Records {
			if r.Offset >= b.Next.At(r.Partition) {
				t.Errorf("record %d:%d is not before %v", r.Partition, r.Offset, b.Next)
			}
		}
	}
	for p := range 2 {
		if got := values(all, p); len(got) != 250 || got[0] != "0:v0" || got[249] != "249:v249" {
			t.Errorf("partition %d: %d records", p, len(got))
		}
	}
}

// TestIdle: the end of the log is known although nothing comes, and its time
// moves on.
func TestIdle(t *testing.T) {
	l := newLog(t, 1)
	var times []time.Time
	_, err := l.follow(l.feed(nil), nil, nil, func(b speed.Batch) bool {
		times = append(times, b.At)
		return len(times) == 3
	})
	if err != nil {
		t.Fatal(err)
	}
	if !times[0].Before(times[1]) || !times[1].Before(times[2]) {
		t.Errorf("times %v", times)
	}
}

func TestTruncated(t *testing.T) {
	l := newLog(t, 2)
	l.produce(1, numbered(10)...)
	l.deleteBefore(1, 6)
	for _, c := range []struct {
		name       string
		scan, need link.Offsets
		want       *speed.TruncatedError // nil: from offset 6 on all is read
	}{
		{"needed records are gone", nil, link.Offsets{0, 5}, &speed.TruncatedError{Partition: 1, Need: 5, First: 6, End: 10}},
		{"only welcome ones are gone", nil, link.Offsets{0, 6}, nil},
		{"only welcome ones are gone, and some that are there", link.Offsets{0, 2}, link.Offsets{0, 9}, nil},
		{"the log ends before", nil, link.Offsets{0, 11}, &speed.TruncatedError{Partition: 1, Need: 11, First: 6, End: 10}},
		{"the log ends before what was scanned", link.Offsets{0, 11}, link.Offsets{0, 6}, &speed.TruncatedError{Partition: 1, Need: 11, First: 6, End: 10}},
		{"there is no such partition", nil, link.Offsets{0, 10, 0, 1}, &speed.TruncatedError{Partition: 3, Need: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, err := l.follow(l.feed(nil), c.scan, c.need, func(b speed.Batch) bool { return b.Next.At(1) == 10 })
			var got *speed.TruncatedError
			switch {
			case c.want == nil && err != nil:
				t.Fatal(err)
			case c.want == nil:
				if v := values(all, 1); len(v) != 4 || v[0] != "6:v6" {
					t.Errorf("read %v", v)
				}
				return
			case !errors.As(err, &got):
				t.Fatalf("error %v", err)
			}
			c.want.Topic = l.topic
			if *got != *c.want {
				t.Errorf("error %+v, want %+v", *got, *c.want)
			}
			if !strings.Contains(got.Error(), l.topic) {
				t.Errorf("error %q does not name the topic", got)
			}
		})
	}
}

// TestReplaced: the record before the first that is needed is compared with the archive's.
func TestReplaced(t *testing.T) {
	l := newLog(t, 2)
	l.produce(1, numbered(10)...)
	var last link.Record // that was archived
	all, err := l.follow(l.feed(nil), nil, nil, func(b speed.Batch) bool { return b.Next.At(1) == 10 })
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		for _, r := range b.Records {
			if r.Partition == 1 && r.Offset == 5 {
				last = r
			}
		}
	}
	other := last
	other.Value = []byte("another")
	for name, c := range map[string]struct {
		archived link.Record
		ok       bool
		err      error
		replaced bool
	}{
		"the same": {archived: last, ok: true}, "another": {archived: other, ok: true, replaced: true},
		"none": {}, "a damaged archive": {err: errors.New("damaged")},
	} {
		f := l.feed(func(o *feed.Options) {
			o.Archived = func(_ context.Context, partition int, offset int64) (link.Record, bool, error) {
				if partition != 1 || offset != 5 {
					t.Errorf("asked for offset %d of partition %d", offset, partition)
				}
				return c.archived, c.ok, c.err
			}
		})
		_, err := l.follow(f, link.Offsets{0, 8}, link.Offsets{0, 6}, func(b speed.Batch) bool { return b.Next.At(1) == 10 })
		var got *speed.TruncatedError
		if errors.As(err, &got) != c.replaced || !c.replaced && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.replaced && (!got.Replaced || got.Partition != 1 || got.Need != 6 || !strings.Contains(err.Error(), "made anew")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEmptied: all that was welcome is gone, and nothing has come since. What is
// passed over must be told, or the offsets would never reach the log's end.
func TestEmptied(t *testing.T) {
	l := newLog(t, 1)
	l.produce(0, numbered(10)...)
	l.deleteBefore(0, 10)
	all, err := l.follow(l.feed(nil), nil, link.Offsets{10}, func(b speed.Batch) bool { return b.Next.At(0) == 10 })
	if err != nil || len(values(all, 0)) != 0 {
		t.Errorf("%v, records %v", err, values(all, 0))
	}
}

// TestTruncatedWhileFollowing: retention overtakes a reader.
func TestTruncatedWhileFollowing(t *testing.T) {
	l := newLog(t, 1)
	l.produce(0, numbered(10)...)
	var once sync.Once
	large := strings.Repeat("x", 3<<20)
	_, err := l.follow(l.feed(func(o *feed.Options) { o.MaxRecords = 1 }), nil, nil, func(b speed.Batch) bool {
		once.Do(func() {
			// More than one fetch brings, so that something is left to be lost.
			for range 4 {
				l.produce(0, large)
			}
			l.produce(0, "last")
			l.deleteBefore(0, 14)
		})
		return b.Next.At(0) >= 15
	})
	var got *speed.TruncatedError
	if !errors.As(err, &got) || got.First != 14 || got.Need >= 14 {
		t.Errorf("error %v", err)
	}
}

func (l *log) deleteBefore(partition int32, offset int64) {
	l.t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(l.brokers...))
	if err != nil {
		l.t.Fatal(err)
	}
	defer client.Close()
	req := kmsg.NewPtrDeleteRecordsRequest()
	req.TimeoutMillis = 5000
	topic := kmsg.NewDeleteRecordsRequestTopic()
	topic.Topic = l.topic
	part := kmsg.NewDeleteRecordsRequestTopicPartition()
	part.Partition, part.Offset = partition, offset
	topic.Partitions = append(topic.Partitions, part)
	req.Topics = append(req.Topics, topic)
	res, err := req.RequestWith(l.t.Context(), client)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, t := range res.Topics {
		for _, p := range t.Partitions {
			if p.ErrorCode != 0 {
				l.t.Fatalf("delete records: error code %d", p.ErrorCode)
			}
		}
	}
}

// TestDeadLetterTooLarge: the dead-letter topic takes less than the log does.
func TestDeadLetterTooLarge(t *testing.T) {
	l := newLog(t, 1)
	dead := "test.dead." + uuid.NewString()
	res, err := l.client.CreateTopics(t.Context(), &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{
		Topic: dead, NumPartitions: 1, ReplicationFactor: 1,
		ConfigEntries: []kafka.ConfigEntry{{ConfigName: "max.message.bytes", ConfigValue: "60000"}}}}})
	if err = errors.Join(err, res.Errors[dead]); err != nil {
		t.Fatal(err)
	}
	migrationstest.DeleteOnCleanup(t, l.brokers, dead)
	f := l.feed(func(o *feed.Options) { o.DeadLetterTopic = dead })
	var letters []speed.DeadLetter
	for i := range 4 {
		letters = append(letters, speed.DeadLetter{Reason: "no good", Field: "data.url",
			Record: link.Record{Partition: 5, Offset: int64(i), Key: []byte("key"), Value: bytes.Repeat([]byte{'a' + byte(i)}, 25_000*(1+i))}})
	}
	letters = append(letters, speed.DeadLetter{Reason: "no good", Record: link.Record{Partition: 5, Offset: 4, Key: bytes.Repeat([]byte("k"), 70_000)}})
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if err := f.SetAside(ctx, letters); err != nil {
		t.Fatal(err)
	}
	got := l.readAll(ctx, dead, 5)
	want := []string{"5 0 no good data.url  25000 key", "5 1 no good data.url  50000 key", "5 2 no good data.url 75000 16384 key", "5 3 no good data.url 100000 16384 key",
		"5 4 no good   0 " + strings.Repeat("k", 16384)}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("dead letters\n%q, want\n%q", got, want)
	}
}

func (l *log) readAll(ctx context.Context, topic string, n int) (all []string) {
	l.t.Helper()
	for len(all) < n {
		res, err := l.client.Fetch(ctx, &kafka.FetchRequest{Topic: topic, Offset: int64(len(all)), MinBytes: 1, MaxBytes: 1 << 20, MaxWait: 50 * time.Millisecond})
		if err != nil {
			l.t.Fatal(err)
		}
		for {
			r, err := res.Records.ReadRecord()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				l.t.Fatal(err)
			}
			h := map[string]string{}
			for _, header := range r.Headers {
				h[header.Key] = string(header.Value)
			}
			key, _ := protocol.ReadAll(r.Key)
			value, _ := protocol.ReadAll(r.Value)
			all = append(all, fmt.Sprintf("%s %s %s %s %s %d %s", h[feed.HeaderPartition], h[feed.HeaderOffset], h[feed.HeaderReason],
				h[feed.HeaderField], h[feed.HeaderCut], len(value), key))
		}
	}
	return all
}

func TestNew(t *testing.T) {
	if _, err := feed.New(feed.Options{}); err == nil || !strings.Contains(err.Error(), "brokers") {
		t.Errorf("no brokers: %v", err)
	}
}
