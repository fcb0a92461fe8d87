package speed

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"freshrank/pagerank/link"
)

// decoded is a micro-batch after the intake: events instead of records.
type decoded struct {
	events []located    // ascending by offset within each partition
	dead   []position   // records set aside
	next   link.Offsets // see Batch
	end    link.Offsets
	at     time.Time
}

type located struct {
	position
	*link.Event
}

type position struct {
	partition int
	offset    int64
}

// intake decodes micro-batches and sets aside what cannot be applied.
type intake struct {
	limits  link.Limits
	log     Log
	told    link.Offsets // bad records before are set aside already
	metrics *metrics
}

// take decodes b. When it returns, b's bad records are durable among the dead
// letters: only then may an offset that covers them be committed.
func (in *intake) take(ctx context.Context, b Batch) (decoded, error) {
	d := decoded{next: b.Next, end: b.End, at: b.At, events: make([]located, 0, len(b.Records))}
	events, faults := in.decode(b.Records)
	var letters []DeadLetter
	for i, r := range b.Records {
		at := position{r.Partition, r.Offset}
		if faults[i] == nil {
			d.events = append(d.events, located{at, &events[i]})
			continue
		}
		d.dead = append(d.dead, at)
		if r.Offset >= in.told.At(r.Partition) {
			letters = append(letters, newDeadLetter(r, faults[i]))
		}
	}
	if len(letters) > 0 {
		if err := in.log.SetAside(ctx, letters); err != nil {
			return decoded{}, err
		}
		in.metrics.deadLetters.Add(float64(len(letters)))
	}
	return d, nil
}

// decode decodes all records, on all processors where that is worth it.
func (in *intake) decode(records []link.Record) ([]link.Event, []error) {
	const share = 256
	events, faults := make([]link.Event, len(records)), make([]error, len(records))
	part := func(from, to int) {
		for i := from; i < to; i++ {
			events[i], faults[i] = in.limits.Decode(records[i].Value, records[i].Timestamp)
		}
	}
	workers := min(runtime.GOMAXPROCS(0), len(records)/share)
	if workers < 2 {
		part(0, len(records))
		return events, faults
	}
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() { part(w*len(records)/workers, (w+1)*len(records)/workers) })
	}
	group.Wait()
	return events, faults
}

func newDeadLetter(r link.Record, fault error) DeadLetter {
	letter := DeadLetter{Record: r, Reason: fault.Error()}
	if invalid := (*link.InvalidError)(nil); errors.As(fault, &invalid) {
		letter.Field = invalid.Field
	}
	return letter
}
