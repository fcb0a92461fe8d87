package archive

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
)

// A log that comes and goes costs time only. Each connection dies after a few
// hundred bytes were received over it, or is refused to begin with.
func TestOutagesAreWaitedOut(t *testing.T) {
	var dials atomic.Int64
	f := setUp(t, 1, nil)
	var want []string
	for i := range 20 {
		id := string(rune('a' + i))
		want = append(want, id)
		f.produce(t, 0, event(t, id))
	}
	end := f.end(t)
	f.o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		n := dials.Add(1)
		if n < 9 && n%3 == 1 {
			return nil, errors.New("refused")
		}
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil || n >= 9 {
			return c, err
		}
		return &frail{Conn: c, left: 200 * n}, nil
	}
	if err := f.Archive(t.Context(), end, nil); err != nil {
		t.Fatal(err)
	}
	if got := f.eventIDs(t, nil, end); !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	if dials.Load() <= 9 {
		t.Errorf("only %d dials: no outage was met", dials.Load())
	}
}

// While a partition has no leader there is nobody to ask, for some seconds.
func TestNoLeaderIsWaitedOut(t *testing.T) {
	f := setUp(t, 1, nil)
	s := f.connect()
	defer s.close()
	tries := 0
	err := s.retry(t.Context(), func(context.Context) (bool, error) {
		if tries++; tries < 3 {
			return false, fmt.Errorf("ask the leader: %w", kafka.BrokerNotAvailable)
		}
		return false, nil
	})
	if err != nil || tries != 3 {
		t.Errorf("%v after %d tries", err, tries)
	}
}

// Patience is time, however it passes: a log that takes every request and answers
// none uses it up in few.
func TestPatienceIsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := New(Options{Brokers: []string{"nobody:1"}, Store: &memory{}})
		if err != nil {
			t.Fatal(err)
		}
		s, began := a.connect(), time.Now()
		err = s.retry(t.Context(), func(context.Context) (bool, error) {
			time.Sleep(requestTimeout)
			return false, context.DeadlineExceeded
		})
		if took := time.Since(began); err == nil || took > a.o.Patience+requestTimeout+longestPause {
			t.Errorf("%v after %v", err, took)
		}
		// But as long as something comes now and then there is no end to it.
		tries := 0
		err = s.retry(t.Context(), func(context.Context) (bool, error) {
			time.Sleep(requestTimeout)
			if tries++; tries < 20 {
				return true, context.DeadlineExceeded
			}
			return true, nil
		})
		if err != nil {
			t.Errorf("%v after %d tries with progress", err, tries)
		}
	})
}

// frail is a connection that breaks after left bytes.
type frail struct {
	net.Conn
	left int64
}

func (f *frail) Read(p []byte) (int, error) {
	if f.left <= 0 {
		return 0, errors.New("connection reset")
	}
	n, err := f.Conn.Read(p[:min(int64(len(p)), f.left)])
	f.left -= int64(n)
	return n, err
}

// The marks that end transactions take offsets, the last ones before the cut
// included, and are no records. What was aborted counts all the same.
func TestTransactionMarks(t *testing.T) {
	f := setUp(t, 1, nil)
	client, err := kgo.NewClient(kgo.SeedBrokers(f.o.Brokers...), kgo.TransactionalID(f.topic),
		kgo.DefaultProduceTopic(f.topic), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var want []string
	for _, end := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryCommit} {
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			id := string(rune('a' + len(want)))
			want = append(want, id)
			if err := client.ProduceSync(t.Context(), &kgo.Record{Value: event(t, id)}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		if err := client.EndTransaction(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
	// Brokers write a mark some time after they have said that they will.
	end := f.end(t)
	for deadline := time.Now().Add(20 * time.Second); end.At(0) < 9; end = f.end(t) {
		if time.Now().After(deadline) {
			t.Fatalf("the log ends at %v: marks are missing", end)
		}
	}
	if err := f.Archive(t.Context(), end, nil); err != nil {
		t.Fatal(err)
	}
	if got := f.eventIDs(t, nil, end); !slices.Equal(got, want) || !f.store.ends.Equal(end) {
		t.Errorf("events %v, want %v; archived %v", got, want, f.store.ends)
	}
}
