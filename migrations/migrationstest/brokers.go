package migrationstest

import (
	"context"
	"errors"
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
// Brokers announce a leader before it knows that it is one.
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
	for err := errors.New("not asked yet"); err != nil; err = askLeaders(ctx, brokers, name, partitions) {
		if ctx.Err() != nil {
			t.Fatalf("topic %s does not become ready: %v", name, err)
		}
	}
	return name
}

func askLeaders(ctx context.Context, brokers []string, topic string, partitions int) error {
	transport := &kafka.Transport{MetadataTopics: []string{topic}}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Transport: transport}
	ask := make([]kafka.OffsetRequest, partitions)
	for p := range ask {
		ask[p] = kafka.LastOffsetOf(p)
	}
	res, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: ask}})
	if err != nil {
		return err
	}
	for _, o := range res.Topics[topic] {
		err = errors.Join(err, o.Error)
	}
	return err
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
