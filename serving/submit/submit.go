// Package submit writes events to the log for the API.
//
// An event is durable when all in-sync replicas of its partition have it; only
// then is it acknowledged. Kafka cannot take several partitions' records
// together or not at all, so after a failure some events may be in the log: the
// whole is reported as failed, and the client sends the whole again, which is
// harmless because events are idempotent. All events of a page have one key and
// so lie in one partition, found as Java's producer finds it.
package submit

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// Options for [New]. The zero value of a field that is not required stands for
// its default.
type Options struct {
	Brokers []string // required; host:port
	Topic   string   // link.Topic
	// Timeout bounds one submission, retries included; 10 s.
	Timeout time.Duration
	// MaxBatchBytes bounds what is written to a partition at once. It must hold
	// the largest event and be within the topic's max.message.bytes; 9 MiB.
	MaxBatchBytes int64

	TLS  *tls.Config    // nil: none
	SASL sasl.Mechanism // nil: none
}

// Log implements [serving.Submitter]. It is safe for concurrent use.
type Log struct {
	writer    *kafka.Writer
	transport *kafka.Transport
	timeout   time.Duration
}

// New returns a Log. It connects when something is submitted. Close it.
func New(o Options) *Log {
	if o.Topic == "" {
		o.Topic = link.Topic
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.MaxBatchBytes == 0 {
		o.MaxBatchBytes = 9 << 20
	}
	transport := &kafka.Transport{DialTimeout: 3 * time.Second, TLS: o.TLS, SASL: o.SASL, ClientID: "freshrank-serving"}
	return &Log{
		transport: transport,
		timeout:   o.Timeout,
		writer: &kafka.Writer{
			Addr:         kafka.TCP(o.Brokers...),
			Topic:        o.Topic,
			Balancer:     kafka.Murmur2Balancer{Consistent: true},
			RequiredAcks: kafka.RequireAll,
			Transport:    transport,
			// Requests that arrive together share a write; the wait is what a lone
			// event pays.
			BatchTimeout: 5 * time.Millisecond,
			BatchSize:    10_000,
			BatchBytes:   o.MaxBatchBytes,
			// A pooled connection fails once after a broker's restart.
			MaxAttempts:     5,
			WriteBackoffMin: 50 * time.Millisecond,
			WriteBackoffMax: 500 * time.Millisecond,
			WriteTimeout:    o.Timeout,
			ReadTimeout:     o.Timeout,
		},
	}
}

// Submit implements [serving.Submitter].
func (l *Log) Submit(ctx context.Context, events []*link.Event) error {
	messages := make([]kafka.Message, len(events))
	for i, e := range events {
		value, err := link.Encode(e)
		if err != nil {
			return fmt.Errorf("encode event %q: %w", e.ID, err)
		}
		messages[i] = kafka.Message{Key: link.KafkaKey(e), Value: value}
	}
	bounded, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	if err := l.writer.WriteMessages(bounded, messages...); err != nil {
		return fmt.Errorf("write %d events to the log: %w: %w", len(events), serving.ErrLogUnavailable, first(err))
	}
	return nil
}

// first returns one of the errors of many messages; they are mostly the same.
func first(err error) error {
	var many kafka.WriteErrors
	if !errors.As(err, &many) {
		return err
	}
	for _, err := range many {
		if err != nil {
			return fmt.Errorf("%w (and %d more)", err, many.Count()-1)
		}
	}
	return err
}

// Close waits for what is being written and closes the connections.
func (l *Log) Close() error {
	err := l.writer.Close()
	l.transport.CloseIdleConnections()
	if err != nil {
		return fmt.Errorf("close log writer: %w", err)
	}
	return nil
}
