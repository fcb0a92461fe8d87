package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"freshrank/migrations/migrationstest"
	"freshrank/pagerank/link"
)

func TestMain(m *testing.M) { migrationstest.Main(m) }

// fixture is a fresh topic and an Archiver of it.
type fixture struct {
	*Archiver
	topic  string
	store  *memory
	client *kafka.Client
}

func setUp(t *testing.T, partitions int, change func(*Options)) *fixture {
	t.Helper()
	brokers := migrationstest.Brokers(t)
	f := &fixture{topic: migrationstest.Topic(t, brokers, partitions), store: &memory{}}
	transport := &kafka.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	f.client = &kafka.Client{Addr: kafka.TCP(brokers...), Transport: transport}
	// A test that fails shows what was tried and why it had to be tried again.
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	o := Options{Brokers: brokers, Topic: f.topic, Store: f.store, Logger: log}
	if change != nil {
		change(&o)
	}
	var err error
	if f.Archiver, err = New(o); err != nil {
		t.Fatal(err)
	}
	return f
}

// produce writes values as one batch.
func (f *fixture) produce(t *testing.T, partition int, values ...[]byte) {
	t.Helper()
	records := make([]kafka.Record, len(values))
	for i, v := range values {
		records[i] = kafka.Record{Key: kafka.NewBytes([]byte("key")), Value: kafka.NewBytes(v)}
		if v == nil {
			records[i] = kafka.Record{}
		}
	}
	res, err := f.client.Produce(t.Context(), &kafka.ProduceRequest{
		Topic: f.topic, Partition: partition, RequiredAcks: kafka.RequireAll, Records: kafka.NewRecordReader(records...),
	})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) end(t *testing.T) link.Offsets {
	t.Helper()
	end, err := f.End(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return end
}

func event(t *testing.T, id string) []byte {
	t.Helper()
	value, err := link.Encode(&link.Event{
		ID: id, Source: "test", Time: time.Now().UTC(), Type: link.PageCrawled, URL: "http://a.test/" + id,
		Links: []link.Link{{URL: "http://b.test/"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func (f *fixture) eventIDs(t *testing.T, from, to link.Offsets) (ids []string) {
	t.Helper()
	err := f.Events(t.Context(), from, to, func(e *link.Event) error {
		ids = append(ids, e.ID)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// live returns what the log itself holds before end.
func (f *fixture) live(t *testing.T, end link.Offsets) (all []link.Record) {
	t.Helper()
	err := f.Records(t.Context(), nil, end, func(r link.Record) error { all = append(all, r); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func plain(archived []link.Archived) (all []link.Record) {
	for _, r := range archived {
		all = append(all, r.Record)
	}
	return all
}

func TestArchivesExactlyToTheCut(t *testing.T) {
	f := setUp(t, 3, func(o *Options) { o.MaxRecords = 4 })
	var want []string
	for i := range 10 {
		id := fmt.Sprintf("early-%d", i)
		want = append(want, id)
		f.produce(t, 1, event(t, id))
	}
	f.produce(t, 2, event(t, "x"), event(t, "y"), event(t, "z")) // one batch, cut in its middle
	cut := f.end(t)
	if !cut.Equal(link.Offsets{0, 10, 3}) {
		t.Fatalf("end %v", cut)
	}
	cut[2] = 2
	want = append(want, "x", "y")
	f.produce(t, 1, event(t, "late"))

	var steps []int64
	err := f.Archive(t.Context(), cut, func(done, total int64) {
		if total != 12 {
			t.Errorf("total %d", total)
		}
		steps = append(steps, done)
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(steps) || steps[0] != 0 || steps[len(steps)-1] != 12 {
		t.Errorf("progress %v", steps)
	}
	if !f.store.ends.Equal(cut) || f.store.files != 4 {
		t.Errorf("archived %v in %d files", f.store.ends, f.store.files)
	}
	if got := f.eventIDs(t, nil, cut); !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	if got := f.eventIDs(t, link.Offsets{0, 8, 1}, cut); !slices.Equal(got, []string{"early-8", "early-9", "y"}) {
		t.Errorf("later events %v", got)
	}

	// Nothing to do, then the rest.
	if err := f.Archive(t.Context(), cut, nil); err != nil || f.store.files != 4 {
		t.Errorf("archive again: %v, %d files", err, f.store.files)
	}
	if err := f.Archive(t.Context(), f.end(t), nil); err != nil {
		t.Fatal(err)
	}
	if got := f.eventIDs(t, cut, f.store.ends); !slices.Equal(got, []string{"late", "z"}) {
		t.Errorf("the rest: %v", got)
	}
}

func TestRefusedRecordsAreArchivedAndSkipped(t *testing.T) {
	f := setUp(t, 1, nil)
	f.produce(t, 0, event(t, "one"), []byte("no event \xff"), nil, event(t, "two"))
	end := f.end(t)
	if err := f.Archive(t.Context(), end, nil); err != nil {
		t.Fatal(err)
	}
	got := f.store.records[0]
	if len(got) != 4 || got[0].Refused != "" || got[1].Refused == "" || got[2].Refused == "" || got[3].Refused != "" {
		t.Fatalf("records %+v", got)
	}
	if !bytes.Equal(got[1].Value, []byte("no event \xff")) || string(got[1].Key) != "key" || got[2].Value != nil || got[2].Key != nil {
		t.Errorf("values changed: %q, %q", got[1].Value, got[2].Value)
	}
	if got[0].ID != "one" || got[0].Source != "test" || got[0].Type != "freshrank.page.crawled" || got[0].URL != "http://a.test/one" || got[0].Time.IsZero() {
		t.Errorf("columns of an event: %+v", got[0])
	}
	if ids := f.eventIDs(t, nil, end); !slices.Equal(ids, []string{"one", "two"}) {
		t.Errorf("events %v", ids)
	}

	// The live log says the same.
	if live := f.live(t, end); !reflect.DeepEqual(live, plain(got)) {
		t.Errorf("log and archive differ:\n%+v\n%+v", live, got)
	}
}

func TestLoweredLimitsDoNotChangeThePast(t *testing.T) {
	f := setUp(t, 1, nil)
	f.produce(t, 0, event(t, "one"))
	if err := f.Archive(t.Context(), f.end(t), nil); err != nil {
		t.Fatal(err)
	}
	f.o.Limits.MaxURLBytes = 5
	err := f.Events(t.Context(), nil, f.store.ends, func(*link.Event) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "offset 0 of partition 0") {
		t.Errorf("lowered limits: %v", err)
	}
}

func TestGoesOnAfterAFailure(t *testing.T) {
	f := setUp(t, 1, func(o *Options) { o.MaxBytes = 1 })
	for i := range 5 {
		f.produce(t, 0, event(t, fmt.Sprint(i)))
	}
	full := errors.New("disk is full")
	err := f.Archive(t.Context(), f.end(t), func(done, _ int64) {
		if done == 2 {
			f.store.fail = full
		}
	})
	if !errors.Is(err, full) || f.store.ends.At(0) != 2 {
		t.Fatalf("%v, archived %v", err, f.store.ends)
	}
	if err := f.Archive(t.Context(), f.end(t), nil); err != nil {
		t.Fatal(err)
	}
	if got := f.eventIDs(t, nil, f.store.ends); !slices.Equal(got, []string{"0", "1", "2", "3", "4"}) {
		t.Errorf("events %v", got)
	}
}

func TestLargeRecordsAndManyBatches(t *testing.T) {
	f := setUp(t, 1, nil)
	var want []link.Record
	for i := range 12 { // more than one fetch
		v := bytes.Repeat([]byte{byte('a' + i)}, 900_000)
		f.produce(t, 0, v, []byte("small"))
		want = append(want, link.Record{Value: v}, link.Record{Value: []byte("small")})
	}
	if err := f.Archive(t.Context(), f.end(t), nil); err != nil {
		t.Fatal(err)
	}
	got := f.store.records[0]
	for i := range want {
		if i >= len(got) || got[i].Offset != int64(i) || !bytes.Equal(got[i].Value, want[i].Value) {
			t.Fatalf("record %d of %d is wrong", i, len(got))
		}
	}
}

func TestCallbacksEndReading(t *testing.T) {
	f := setUp(t, 1, nil)
	f.produce(t, 0, event(t, "one"), event(t, "two"))
	end := f.end(t)
	stop := errors.New("enough")
	calls := 0
	if err := f.Records(t.Context(), nil, end, func(link.Record) error { calls++; return stop }); !errors.Is(err, stop) || calls != 1 {
		t.Errorf("records: %v after %d calls", err, calls)
	}
	if err := f.Archive(t.Context(), end, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Events(t.Context(), nil, end, func(*link.Event) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("events: %v", err)
	}
}

func TestContextEndsWaiting(t *testing.T) {
	f := setUp(t, 1, func(o *Options) { o.Brokers, o.Patience = []string{"127.0.0.1:1"}, time.Hour })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := f.End(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("end: %v", err)
	}
}
