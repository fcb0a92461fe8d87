// Package topics makes the log's topics where they are missing. What exists is
// left as it is: partitions, replication and retention of a topic are its
// operator's.
package topics

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
)

// Options say how a missing topic is made.
type Options struct {
	Brokers    []string // host:port
	Partitions int
	// Replication is the number of brokers that hold each record; 0 leaves it to
	// the brokers' default.
	Replication int
	// MaxMessageBytes is the greatest record that the topic takes; 0 leaves it to
	// the brokers' default of 1 MiB, which is less than a large page's event.
	MaxMessageBytes int

	TLS  *tls.Config    // nil: none
	SASL sasl.Mechanism // nil: none
}

// Ensure makes the named topics that are missing, waits until every partition
// has a leader, and returns the number of partitions of each, in order.
func Ensure(ctx context.Context, o Options, names ...string) ([]int, error) {
	// A transport of our own: the shared one remembers for seconds that a topic
	// does not exist.
	transport := &kafka.Transport{TLS: o.TLS, SASL: o.SASL}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(o.Brokers...), Transport: transport}

	response, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: o.configs(names)})
	if err != nil {
		return nil, fmt.Errorf("make topics: reach the log at %s: %w: start the brokers or name others with --brokers",
			strings.Join(o.Brokers, ", "), err)
	}
	for _, name := range names {
		if err := response.Errors[name]; err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			return nil, fmt.Errorf("make topic %s (partitions %d, replication %d): %w", name, o.Partitions, o.Replication, err)
		}
	}
	partitions, err := await(ctx, client, names)
	if err != nil {
		return nil, fmt.Errorf("look up topics %s at %s: %w", strings.Join(names, ", "), strings.Join(o.Brokers, ", "), err)
	}
	return partitions, nil
}

func (o Options) configs(names []string) []kafka.TopicConfig {
	replication := o.Replication
	if replication == 0 {
		replication = -1
	}
	entries := []kafka.ConfigEntry{{ConfigName: "cleanup.policy", ConfigValue: "delete"}} // compaction would drop events
	if o.MaxMessageBytes > 0 {
		entries = append(entries, kafka.ConfigEntry{ConfigName: "max.message.bytes", ConfigValue: strconv.Itoa(o.MaxMessageBytes)})
	}
	configs := make([]kafka.TopicConfig, len(names))
	for i, name := range names {
		configs[i] = kafka.TopicConfig{
			Topic: name, NumPartitions: o.Partitions, ReplicationFactor: replication, ConfigEntries: entries,
		}
	}
	return configs
}

// await polls: the broker that is asked may learn of a new topic later than the
// one that made it.
func await(ctx context.Context, client *kafka.Client, names []string) ([]int, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		counts, err := count(ctx, client, names)
		if err == nil {
			return counts, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}

func count(ctx context.Context, client *kafka.Client, names []string) ([]int, error) {
	metadata, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: names})
	if err != nil {
		return nil, err
	}
	found := map[string]kafka.Topic{}
	for _, t := range metadata.Topics {
		found[t.Name] = t
	}
	counts := make([]int, len(names))
	for i, name := range names {
		t, ok := found[name]
		switch {
		case !ok:
			return nil, fmt.Errorf("topic %s: %w", name, kafka.UnknownTopicOrPartition)
		case t.Error != nil:
			return nil, fmt.Errorf("topic %s: %w", name, t.Error)
		}
		for _, p := range t.Partitions {
			if p.Error != nil {
				return nil, fmt.Errorf("topic %s, partition %d: %w", name, p.ID, p.Error)
			}
		}
		counts[i] = len(t.Partitions)
	}
	return counts, nil
}
