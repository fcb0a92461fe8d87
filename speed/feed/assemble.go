package feed

import (
	"context"
	"time"

	"freshrank/pagerank/link"
	"freshrank/speed"
)

// assembler puts chunks together into micro-batches.
type assembler struct {
	chunks     chan chunk
	ends       chan end
	maxRecords int
	linger     time.Duration
	deliver    func(speed.Batch) error

	next link.Offsets // behind all that was put into a batch
	end  end
}

func (a *assembler) run(ctx context.Context) error {
	var held *chunk // did not fit into the last batch
	for {
		var b speed.Batch
		if held != nil {
			a.add(&b, *held)
			held = nil
		} else {
			select {
			case c := <-a.chunks:
				a.add(&b, c)
			case a.end = <-a.ends:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if len(b.Records) > 0 {
			held = a.fill(ctx, &b)
		}
		b.Next, b.End, b.At = a.next.Clone(), a.end.offsets.Clone(), a.end.at
		if err := a.deliver(b); err != nil {
			return err
		}
	}
}

// fill adds chunks to b until it is full or has waited long enough. It returns
// the chunk that was too much.
func (a *assembler) fill(ctx context.Context, b *speed.Batch) *chunk {
	enough := time.NewTimer(a.linger)
	defer enough.Stop()
	for len(b.Records) < a.maxRecords {
		select {
		case c := <-a.chunks:
			if len(b.Records)+len(c.records) > a.maxRecords {
				return &c
			}
			a.add(b, c)
		case a.end = <-a.ends:
		case <-enough.C:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

func (a *assembler) add(b *speed.Batch, c chunk) {
	b.Records = append(b.Records, c.records...)
	for len(a.next) <= c.partition {
		a.next = append(a.next, 0)
	}
	a.next[c.partition] = c.next
}
