package archive

import (
	"context"

	"freshrank/pagerank/link"
)

// collector gathers the records of one partition into files of bounded size.
type collector struct {
	a         *Archiver
	partition int
	start     int64               // where the next file begins
	stored    func(offsets int64) // called after every file

	records []link.Archived
	bytes   int
	refused int
}

// add takes records and the offset after them; see session.read.
func (c *collector) add(ctx context.Context, records []link.Record, next int64) error {
	judged := c.a.judgeAll(records)
	for i, r := range records {
		archived := judged[i]
		if archived.Refused != "" {
			c.refused++
		}
		c.records = append(c.records, archived)
		c.bytes += len(r.Key) + len(r.Value)
		if len(c.records) < c.a.o.MaxRecords && c.bytes < c.a.o.MaxBytes {
			continue
		}
		to := next
		if i+1 < len(records) {
			to = records[i+1].Offset
		}
		if err := c.flush(ctx, to); err != nil {
			return err
		}
	}
	return nil
}

// flush stores what was gathered as all there is below to.
func (c *collector) flush(ctx context.Context, to int64) error {
	if to == c.start {
		return nil
	}
	if err := c.a.o.Store.AppendLog(ctx, c.partition, c.start, to, c.records); err != nil {
		return err
	}
	if c.refused > 0 {
		c.a.o.Logger.WarnContext(ctx, "archived records that are no events", "topic", c.a.o.Topic, "partition", c.partition,
			"from", c.start, "to", to, "count", c.refused)
	}
	c.stored(to - c.start)
	clear(c.records) // let go of their values
	c.records, c.bytes, c.refused, c.start = c.records[:0], 0, 0, to
	return nil
}
