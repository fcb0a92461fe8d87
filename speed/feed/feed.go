// Package feed reads the log for the speed layer, and keeps its dead letters.
//
// There is no consumer group: where to read from is decided by what the ranks in
// Postgres include, so the offsets come from there and go back there, in the
// transaction that publishes the ranks. Kafka is told nothing.
//
// One goroutine a partition fetches; one asks several times a second where the
// log ends, whether or not there is anything to fetch, because "nothing new" is
// knowledge too; one puts what was fetched together into micro-batches:
//
//	fetch (partition 0) ──┐
//	fetch (partition 1) ──┼── assemble ── deliver(Batch)
//	end of the log ───────┘
//
// No channel has a buffer: while the layer is busy nothing more is fetched, and
// the log keeps what comes.
//
// A broker that fails, moves or restarts costs time only. All errors are tried
// again, except that records which are needed are gone for good
// ([speed.TruncatedError]).
package feed

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"golang.org/x/sync/errgroup"

	"freshrank/pagerank/link"
	"freshrank/speed"
)

// Options for [New]. Only Brokers must be given.
type Options struct {
	Brokers         []string // host:port
	Topic           string   // link.Topic
	DeadLetterTopic string   // link.DeadLetterTopic

	MaxRecords int           // in one micro-batch; 10 000
	Linger     time.Duration // longest wait for a micro-batch to fill up; 50 ms
	Probe      time.Duration // between two looks at the end of the log; 250 ms
	Retry      time.Duration // before something that failed is tried again; 500 ms

	// Archived returns a record that is known to have been at an offset; false if none
	// is. By it a topic is told from another one of that name. nil: none is known.
	Archived func(ctx context.Context, partition int, offset int64) (link.Record, bool, error)

	TLS  *tls.Config    // nil: none
	SASL sasl.Mechanism // nil: none

	Dial   func(ctx context.Context, network, address string) (net.Conn, error) // a net.Dialer's
	Now    func() time.Time                                                     // time.Now
	Logger *slog.Logger                                                         // discards
}

const (
	maxFetchBytes  = 4 << 20
	maxFetchWait   = 250 * time.Millisecond
	requestTimeout = 10 * time.Second
)

// Feed implements [speed.Log] on Kafka.
type Feed struct {
	opt       Options
	client    *kafka.Client
	transport *kafka.Transport
	health    health
}

var _ speed.Log = (*Feed)(nil)

// New returns a Feed; nothing is connected yet.
func New(o Options) (*Feed, error) {
	if len(o.Brokers) == 0 {
		return nil, errors.New("configure feed: no brokers given: name at least one host:port")
	}
	if o.Topic == "" {
		o.Topic = link.Topic
	}
	if o.DeadLetterTopic == "" {
		o.DeadLetterTopic = link.DeadLetterTopic
	}
	if o.MaxRecords <= 0 {
		o.MaxRecords = 10_000
	}
	if o.Linger <= 0 {
		o.Linger = 50 * time.Millisecond
	}
	if o.Probe <= 0 {
		o.Probe = 250 * time.Millisecond
	}
	if o.Retry <= 0 {
		o.Retry = 500 * time.Millisecond
	}
	if o.Archived == nil {
		o.Archived = func(context.Context, int, int64) (link.Record, bool, error) { return link.Record{}, false, nil }
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: 3 * time.Second}).DialContext
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	// A transport of our own: its connections end with the feed, and it asks for
	// the metadata of our two topics only.
	transport := &kafka.Transport{
		Dial: o.Dial, TLS: o.TLS, SASL: o.SASL, ClientID: "freshrank-speed", MetadataTopics: []string{o.Topic, o.DeadLetterTopic},
	}
	return &Feed{
		opt: o, transport: transport,
		client: &kafka.Client{Addr: kafka.TCP(o.Brokers...), Transport: transport, Timeout: requestTimeout},
		health: health{log: o.Logger, brokers: strings.Join(o.Brokers, ","), failing: map[string]bool{}},
	}, nil
}

// Close closes the feed's connections. Nothing may be under way.
func (f *Feed) Close() { f.transport.CloseIdleConnections() }

// Follow implements [speed.Log]. Partitions that are added to the topic later
// are read from their start on.
func (f *Feed) Follow(ctx context.Context, scan, need link.Offsets, deliver func(speed.Batch) error) error {
	group, ctx := errgroup.WithContext(ctx)
	a := &assembler{
		chunks: make(chan chunk), ends: make(chan end),
		maxRecords: f.opt.MaxRecords, linger: f.opt.Linger, deliver: deliver,
	}
	group.Go(func() error { return a.run(ctx) })
	group.Go(func() error {
		return f.watchEnd(ctx, scan.Max(need), need, a.ends, func(p int) {
			r := &reader{Feed: f, partition: p, next: min(scan.At(p), need.At(p)), need: need.At(p)}
			group.Go(func() error { return r.run(ctx, a.chunks) })
		})
	})
	return group.Wait()
}

// retry counts a failure and waits before the next try; it returns ctx's error
// if that is the reason.
func (f *Feed) retry(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f.health.bad(ctx, what, err)
	return pause(ctx, f.opt.Retry)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *Feed) partitions(ctx context.Context, topic string) (int, error) {
	// Served from the transport's cache, which is a few seconds old at most.
	m, err := f.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return 0, err
	}
	for _, t := range m.Topics {
		if t.Name != topic {
			continue
		}
		if t.Error != nil {
			return 0, fmt.Errorf("look up topic %s: %w", topic, t.Error)
		}
		if len(t.Partitions) > 0 {
			return len(t.Partitions), nil
		}
	}
	return 0, fmt.Errorf("look up topic %s: %w: create it", topic, kafka.UnknownTopicOrPartition)
}
