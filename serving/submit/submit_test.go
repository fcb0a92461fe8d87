package submit_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"freshrank/migrations/migrationstest"
	"freshrank/pagerank/link"
	"freshrank/serving"
	"freshrank/serving/submit"
)

func TestMain(m *testing.M) { migrationstest.Main(m) }

var received = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func event(t *testing.T, i int) *link.Event {
	t.Helper()
	e, err := link.DefaultLimits().Decode(fmt.Appendf(nil, `{"specversion":"1.0","id":"e%d","source":"/test",
		"type":"freshrank.link.added","time":"2026-05-01T11:00:00Z",
		"data":{"url":"https://a.example/%d","target":"https://b.example/"}}`, i, i%7), received)
	if err != nil {
		t.Fatal(err)
	}
	return &e
}

// TestSubmit reads back what was acknowledged: every event once, as it was,
// all of a page in one partition.
func TestSubmit(t *testing.T) {
	brokers := migrationstest.Brokers(t)
	topic := migrationstest.Topic(t, brokers, 3)
	log := submit.New(submit.Options{Brokers: brokers, Topic: topic})
	defer log.Close()

	want := map[string]*link.Event{}
	var events []*link.Event
	for i := range 500 {
		e := event(t, i)
		want[e.ID], events = e, append(events, e)
	}
	if err := log.Submit(t.Context(), events[:1]); err != nil {
		t.Fatal(err)
	}
	if err := log.Submit(t.Context(), events[1:]); err != nil {
		t.Fatal(err)
	}

	home := map[link.PageKey]int{} // partition by page
	for p := range 3 {
		for _, m := range readAll(t, brokers, topic, p) {
			e, err := link.DefaultLimits().Decode(m.Value, m.Time)
			if err != nil {
				t.Fatalf("partition %d offset %d: %v", p, m.Offset, err)
			}
			if w := want[e.ID]; w == nil || w.URL != e.URL || w.Version() != e.Version() {
				t.Errorf("event %q: read %+v, want %+v", e.ID, e, w)
			}
			delete(want, e.ID)
			key := link.KeyOf(e.URL)
			if string(m.Key) != string(key[:]) {
				t.Errorf("event %q: key %x, want %x", e.ID, m.Key, key)
			}
			if q, ok := home[key]; ok && q != p {
				t.Errorf("page %s is in partitions %d and %d", e.URL, p, q)
			}
			home[key] = p
		}
	}
	if len(want) > 0 {
		t.Errorf("%d acknowledged events are not in the log", len(want))
	}
}

func readAll(t *testing.T, brokers []string, topic string, partition int) []kafka.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := kafka.DialLeader(ctx, "tcp", brokers[0], topic, partition)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	end, err := conn.ReadLastOffset()
	if err != nil {
		t.Fatal(err)
	}
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: brokers, Topic: topic, Partition: partition, MaxWait: 50 * time.Millisecond, MaxBytes: 16 << 20})
	defer reader.Close()
	var all []kafka.Message
	for int64(len(all)) < end {
		m, err := reader.ReadMessage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// TestLogDown: nobody listens, so nothing is acknowledged, within the time
// given and with the error that means "again later".
func TestLogDown(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	log := submit.New(submit.Options{Brokers: []string{addr}, Timeout: 300 * time.Millisecond})
	defer log.Close()
	if err := log.Submit(t.Context(), []*link.Event{event(t, 1)}); !errors.Is(err, serving.ErrLogUnavailable) {
		t.Errorf("Submit without a broker: %v, want %v", err, serving.ErrLogUnavailable)
	}
}

// TestLargestEvent: an event of the greatest size that is accepted can be
// written, which Kafka's defaults would refuse.
func TestLargestEvent(t *testing.T) {
	brokers := migrationstest.Brokers(t)
	topic := migrationstest.Topic(t, brokers, 1)
	log := submit.New(submit.Options{Brokers: brokers, Topic: topic})
	defer log.Close()
	e := &link.Event{ID: "big", Source: "/test", Time: received, Type: link.PageCrawled, URL: "https://a.example/"}
	pad := make([]byte, 1500)
	for i := range pad {
		pad[i] = 'x'
	}
	for i := range 4500 {
		e.Links = append(e.Links, link.Link{URL: fmt.Sprintf("https://b.example/%05d%s", i, pad)})
	}
	e.Seal()
	if err := log.Submit(t.Context(), []*link.Event{e}); err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, brokers, topic, 0); len(got) != 1 || len(got[0].Value) < 6<<20 {
		t.Errorf("read %d records back", len(got))
	}
}
