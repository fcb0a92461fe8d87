package migrationstest

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"

	"freshrank/migrations/topics"
)

// Brokers returns the addresses of the log of this test binary.
func Brokers(t testing.TB) []string {
	t.Helper()
	addrs, err := brokers()
	if err != nil {
		t.Fatal(err)
	}
	return addrs
}

// Topic makes a fresh topic, ready to be written; it is deleted when t ends.
func Topic(t testing.TB, brokers []string, partitions int) string {
	t.Helper()
	name := fmt.Sprintf("test.%s.%s", odd.ReplaceAllString(t.Name(), "_"), uuid.NewString()[:8])
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err := topics.Ensure(ctx, topics.Options{
		Brokers: brokers, Partitions: partitions, Replication: 1, MaxMessageBytes: 16 << 20,
	}, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { deleteTopic(t, brokers, name) })
	return name
}

// DeleteOnCleanup deletes topics that the code under test makes, when t ends.
func DeleteOnCleanup(t testing.TB, brokers []string, names ...string) {
	t.Helper()
	t.Cleanup(func() {
		for _, name := range names {
			deleteTopic(t, brokers, name)
		}
	})
}

func deleteTopic(t testing.TB, brokers []string, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Transport: transport}
	if _, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{name}}); err != nil {
		t.Logf("delete topic %s: %v", name, err)
	}
}

var odd = regexp.MustCompile(`[^A-Za-z0-9]+`)

// brokers returns the one log of this test binary.
var brokers = sync.OnceValues(func() ([]string, error) {
	if list := os.Getenv(EnvBrokers); list != "" {
		return strings.Split(list, ","), nil
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		return nil, fmt.Errorf("start test broker: %w", err)
	}
	atExit(func() error { cluster.Close(); return nil })
	return cluster.ListenAddrs(), nil
})
