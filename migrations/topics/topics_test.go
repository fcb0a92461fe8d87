package topics_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/segmentio/kafka-go"

	"freshrank/migrations/migrationstest"
	"freshrank/migrations/topics"
)

func TestMain(m *testing.M) { migrationstest.Main(m) }

func TestEnsure(t *testing.T) {
	brokers := migrationstest.Brokers(t)
	id := uuid.NewString()
	name, dead := "test.links."+id, "test.links.dlq."+id
	migrationstest.DeleteOnCleanup(t, brokers, name, dead)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()

	// Several processes start together.
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got, err := topics.Ensure(ctx, topics.Options{Brokers: brokers, Partitions: 3, MaxMessageBytes: 9 << 20}, name, dead)
			if err != nil || !slices.Equal(got, []int{3, 3}) {
				t.Errorf("partitions %v, error %v", got, err)
			}
		})
	}
	wg.Wait()

	// What exists stays as it is.
	got, err := topics.Ensure(ctx, topics.Options{Brokers: brokers, Partitions: 5}, name)
	if err != nil || !slices.Equal(got, []int{3}) {
		t.Errorf("partitions %v, error %v; want 3", got, err)
	}

	// A record larger than Kafka's default limit goes in.
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	w := &kafka.Writer{Addr: kafka.TCP(brokers...), Topic: name, BatchBytes: 9 << 20, BatchTimeout: time.Millisecond, Transport: transport}
	defer w.Close()
	if err := w.WriteMessages(ctx, kafka.Message{Value: make([]byte, 8<<20)}); err != nil {
		t.Errorf("write a large record: %v", err)
	}
}

func TestEnsureErrors(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err := topics.Ensure(ctx, topics.Options{Brokers: []string{"127.0.0.1:1"}, Partitions: 1}, "test.unreachable")
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") || !strings.Contains(err.Error(), "--brokers") {
		t.Errorf("unreachable: %v", err)
	}
	_, err = topics.Ensure(ctx, topics.Options{Brokers: migrationstest.Brokers(t), Partitions: 1, Replication: 99}, "test.refused")
	if err == nil || !strings.Contains(err.Error(), "test.refused") || !strings.Contains(err.Error(), "99") {
		t.Errorf("more replicas than brokers: %v", err)
	}
}
