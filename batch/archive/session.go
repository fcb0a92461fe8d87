package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/segmentio/kafka-go"

	"freshrank/pagerank/link"
)

const (
	fetchBytes     = 8 << 20 // a larger batch comes whole all the same
	fetchWait      = 500 * time.Millisecond
	requestTimeout = 15 * time.Second
	firstPause     = 50 * time.Millisecond
	longestPause   = 2 * time.Second
)

// session is a set of connections to the log. They last for one call: a batch run
// has minutes or hours between two, and a fresh client knows no stale layout.
type session struct {
	o         *Options
	transport *kafka.Transport
	client    *kafka.Client
}

func (a *Archiver) connect() *session {
	s := &session{o: &a.o}
	s.reset()
	return s
}

// reset forgets all connections, and which broker leads what.
func (s *session) reset() {
	s.close()
	s.transport = &kafka.Transport{Dial: s.o.Dial, TLS: s.o.TLS, SASL: s.o.SASL, ClientID: "freshrank-batch", MetadataTopics: []string{s.o.Topic}}
	s.client = &kafka.Client{Addr: kafka.TCP(s.o.Brokers...), Transport: s.transport, Timeout: requestTimeout}
}

func (s *session) close() {
	if s.transport != nil {
		s.transport.CloseIdleConnections()
	}
}

// retry calls try until it succeeds, fails for good, or has not made progress for
// as long as patience lasts. try reports progress.
func (s *session) retry(ctx context.Context, try func(ctx context.Context) (progress bool, err error)) error {
	since, pause := time.Now(), firstPause
	for {
		progress, err := try(ctx)
		if err == nil {
			return nil
		}
		if permanent(ctx, err) {
			return errors.Join(ctx.Err(), err)
		}
		if progress {
			since, pause = time.Now(), firstPause
		}
		if waited := time.Since(since); waited >= s.o.Patience {
			return gaveUp(waited.Round(time.Millisecond), err)
		}
		s.o.Logger.DebugContext(ctx, "log does not answer, trying again", "topic", s.o.Topic, "error", err)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(ctx.Err(), err)
		}
		pause = min(2*pause, longestPause)
		s.reset()
	}
}

// bounds returns, by partition, the first offset and the one after the last.
func (s *session) bounds(ctx context.Context) (first, end link.Offsets, err error) {
	err = s.retry(ctx, func(ctx context.Context) (bool, error) {
		first, end, err = s.askBounds(ctx)
		return false, err
	})
	return first, end, err
}

func (s *session) askBounds(ctx context.Context) (first, end link.Offsets, err error) {
	meta, err := s.client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{s.o.Topic}})
	if err != nil {
		return nil, nil, err
	}
	if len(meta.Topics) != 1 {
		return nil, nil, kafka.UnknownTopicOrPartition
	}
	if err := meta.Topics[0].Error; err != nil {
		return nil, nil, err
	}
	n := len(meta.Topics[0].Partitions)
	var ask []kafka.OffsetRequest
	for p := range n {
		ask = append(ask, kafka.FirstOffsetOf(p), kafka.LastOffsetOf(p))
	}
	res, err := s.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{s.o.Topic: ask}})
	if err != nil {
		return nil, nil, err
	}
	first, end = make(link.Offsets, n), make(link.Offsets, n)
	answers := 0
	for _, o := range res.Topics[s.o.Topic] {
		if o.Error != nil {
			return nil, nil, fmt.Errorf("offsets of partition %d: %w", o.Partition, o.Error)
		}
		first[o.Partition], end[o.Partition] = o.FirstOffset, o.LastOffset
		answers++
	}
	if answers != n {
		return nil, nil, fmt.Errorf("offsets of %d of %d partitions: %w", answers, n, io.ErrUnexpectedEOF)
	}
	return first, end, nil
}
