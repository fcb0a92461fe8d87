package archive

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"freshrank/pagerank/link"
	"freshrank/pagerank/parallel"
)

// Archiver copies the log into a [Store] and reads it back.
type Archiver struct{ o Options }

// New returns an Archiver. Nothing is connected until a method needs it.
func New(o Options) (*Archiver, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("configure archive: %w", err)
	}
	return &Archiver{o}, nil
}

// End returns the offsets at which the log ends now, all partitions.
func (a *Archiver) End(ctx context.Context) (link.Offsets, error) {
	s := a.connect()
	defer s.close()
	_, end, err := s.bounds(ctx)
	if err != nil {
		return nil, a.fail("read the end of the log", err)
	}
	return end, nil
}

// Archived returns the offsets up to which the log is stored.
func (a *Archiver) Archived(ctx context.Context) (link.Offsets, error) {
	return a.o.Store.Archived(ctx)
}

// Archive stores what the log holds between the end of the archive and upTo, and
// no more. progress, if set, is called from the calling goroutine with the number
// of offsets that are stored and that were to be.
func (a *Archiver) Archive(ctx context.Context, upTo link.Offsets, progress func(done, total int64)) error {
	archived, err := a.o.Store.Archived(ctx)
	if err != nil {
		return fmt.Errorf("archive the log: %w", err)
	}
	s := a.connect()
	defer s.close()
	if archived, err = a.check(ctx, s, archived, upTo); err != nil {
		return a.fail("archive the log", err)
	}
	done, total := int64(0), archived.Behind(upTo)
	if progress == nil {
		progress = func(int64, int64) {}
	}
	progress(done, total)
	for p := range upTo {
		from := archived.At(p)
		if from >= upTo[p] {
			continue
		}
		c := &collector{a: a, partition: p, start: from, stored: func(offsets int64) {
			done += offsets
			progress(done, total)
		}}
		err := s.read(ctx, p, from, upTo[p], func(records []link.Record, next int64) error {
			return c.add(ctx, records, next)
		})
		if err == nil {
			err = c.flush(ctx, upTo[p])
		}
		if err != nil {
			return a.fail("archive the log", err)
		}
	}
	return nil
}

// check compares the archive with what the log still holds, before anything is
// read. It returns where to go on from.
func (a *Archiver) check(ctx context.Context, s *session, archived, upTo link.Offsets) (link.Offsets, error) {
	first, end, err := s.bounds(ctx)
	if err != nil {
		return nil, err
	}
	for p := range archived {
		if err := a.same(ctx, s, p, archived[p]-1, first.At(p), end.At(p)); err != nil {
			return nil, err
		}
	}
	for p := range max(len(archived), len(upTo)) {
		gap := &GapError{a.o.Topic, p, archived.At(p), first.At(p), end.At(p)}
		switch {
		case archived.At(p) > end.At(p):
			return nil, gap
		case upTo.At(p) > end.At(p):
			gap.Need = upTo.At(p)
			return nil, gap
		case archived.At(p) >= upTo.At(p), archived.At(p) >= first.At(p):
			continue
		case !a.o.AcceptGap:
			return nil, gap
		}
		to := min(first.At(p), upTo.At(p))
		a.o.Logger.ErrorContext(ctx, "log lost records before they were archived, accepted by configuration",
			"topic", a.o.Topic, "partition", p, "from", archived.At(p), "to", to)
		if err := a.o.Store.AppendLog(ctx, p, archived.At(p), to, nil); err != nil {
			return nil, err
		}
		archived = archived.Max(make(link.Offsets, p+1)) // a copy, long enough
		archived[p] = to
	}
	return archived, nil
}

// same compares the last record that is archived with what the log, which holds
// [first, end), has in its place.
func (a *Archiver) same(ctx context.Context, s *session, partition int, last, first, end int64) error {
	if last < first || last >= end {
		return nil // nothing to compare with
	}
	var stored, held []link.Record
	err := a.o.Store.ReadLogParts(ctx, partition, last, last+1, func(records []link.Archived) (func() error, error) {
		return func() error {
			for _, r := range records {
				stored = append(stored, r.Record)
			}
			return nil
		}, nil
	})
	if err != nil { // what is needed of the archive is refused when it is read
		a.o.Logger.ErrorContext(ctx, "end of the archive cannot be read, and not be compared with the log", "partition", partition, "error", err)
		return ctx.Err()
	}
	err = s.read(ctx, partition, last, last+1, func(records []link.Record, _ int64) error {
		held = append(held, records...)
		return nil
	})
	if err != nil || len(stored) == 0 || len(held) == 0 || held[0].Same(stored[0]) {
		return err
	}
	return &ReplacedError{a.o.Topic, partition, last}
}

// Events calls fn with the accepted events that are archived in [from, to), each
// partition in order. They are decoded on all processors. fn may keep them.
func (a *Archiver) Events(ctx context.Context, from, to link.Offsets, fn func(*link.Event) error) error {
	for p := range to {
		if from.At(p) >= to[p] {
			continue
		}
		err := a.o.Store.ReadLogParts(ctx, p, from.At(p), to[p], func(records []link.Archived) (func() error, error) {
			events, err := a.decode(p, records)
			return func() error {
				for i := range events {
					if err := fn(&events[i]); err != nil {
						return err
					}
				}
				return nil
			}, err
		})
		if err != nil {
			return fmt.Errorf("read archived events: %w", err)
		}
	}
	return nil
}

// decode returns the events of the records that were accepted.
func (a *Archiver) decode(partition int, records []link.Archived) ([]link.Event, error) {
	events := make([]link.Event, 0, len(records))
	for _, r := range records {
		if r.Refused != "" {
			continue
		}
		e, err := a.o.Limits.Decode(r.Value, r.Timestamp)
		if err != nil {
			return nil, fmt.Errorf("offset %d of partition %d was accepted when it was archived and is not now: %w; "+
				"set the limits to what they were", r.Offset, partition, err)
		}
		events = append(events, e)
	}
	return events, nil
}

// Records calls fn with what the log itself holds in [from, to), each partition
// in order, whether archived or not. fn may keep what it is given.
func (a *Archiver) Records(ctx context.Context, from, to link.Offsets, fn func(link.Record) error) error {
	s := a.connect()
	defer s.close()
	for p := range to {
		if from.At(p) >= to[p] {
			continue
		}
		err := s.read(ctx, p, from.At(p), to[p], func(records []link.Record, _ int64) error {
			for _, r := range records {
				if err := fn(r); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return a.fail("read the log", err)
		}
	}
	return nil
}

// judgePart is how many records a processor takes at a time.
const judgePart = 64

// judgeAll judges records on all processors.
func (a *Archiver) judgeAll(records []link.Record) []link.Archived {
	judged := make([]link.Archived, len(records))
	parallel.Each(runtime.GOMAXPROCS(0), (len(records)+judgePart-1)/judgePart, func(part int) {
		for i := part * judgePart; i < min((part+1)*judgePart, len(records)); i++ {
			judged[i] = a.judge(records[i])
		}
	})
	return judged
}

// judge adds to a record what it holds, or why it is refused.
func (a *Archiver) judge(r link.Record) link.Archived {
	e, err := a.o.Limits.Decode(r.Value, r.Timestamp)
	if err != nil {
		return link.Archived{Record: r, Refused: strings.ToValidUTF8(err.Error(), "�")}
	}
	return link.Archived{Record: r, ID: e.ID, Source: e.Source, Type: e.Type.String(), URL: e.URL, Time: e.Time}
}
