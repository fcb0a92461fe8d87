package archive

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/segmentio/kafka-go/sasl"

	"freshrank/pagerank/link"
)

// Store keeps the archived records. One Archiver writes to it at a time.
type Store interface {
	// Archived returns the offsets up to which each partition is stored.
	Archived(ctx context.Context) (link.Offsets, error)
	// AppendLog stores, for good before it returns, all that a partition holds in
	// [from, to): records ascending by offset, possibly none. from is where the
	// partition's archive ends. It must not keep records or what they point to.
	AppendLog(ctx context.Context, partition int, from, to int64, records []link.Archived) error
	// ReadLogParts calls take with the stored records of a partition in [from, to), some
	// at a time and several calls at a time, and what take returns in the order of the
	// records, one call at a time.
	ReadLogParts(ctx context.Context, partition int, from, to int64, take func([]link.Archived) (then func() error, err error)) error
}

// Options for [New]. Brokers and Store must be given.
type Options struct {
	Brokers []string    // host:port
	Topic   string      // link.Topic
	Limits  link.Limits // link.DefaultLimits()
	Store   Store

	MaxRecords int           // in one file; 50 000
	MaxBytes   int           // of keys and values in one file; 64 MiB
	Patience   time.Duration // how long to wait for a log that says nothing; 30 s

	// AcceptGap records a range of offsets that the log has lost as empty, instead
	// of refusing with a *GapError.
	AcceptGap bool

	TLS  *tls.Config    // nil: none
	SASL sasl.Mechanism // nil: none

	Dial   func(ctx context.Context, network, address string) (net.Conn, error) // a net.Dialer's
	Logger *slog.Logger                                                         // discards
}

func (o Options) withDefaults() (Options, error) {
	if len(o.Brokers) == 0 {
		return o, errors.New("no brokers given: name at least one host:port")
	}
	if o.Store == nil {
		return o, errors.New("no store given")
	}
	if o.Topic == "" {
		o.Topic = link.Topic
	}
	if o.Limits == (link.Limits{}) {
		o.Limits = link.DefaultLimits()
	}
	if o.MaxRecords <= 0 {
		o.MaxRecords = 50_000
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 64 << 20
	}
	if o.Patience <= 0 {
		o.Patience = 30 * time.Second
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: 3 * time.Second}).DialContext
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, nil
}
