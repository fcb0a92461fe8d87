package archive

import (
	"context"
	"fmt"
	"slices"

	"freshrank/pagerank/link"
)

// memory is a Store as simple as its contract.
type memory struct {
	ends    link.Offsets
	records map[int][]link.Archived
	files   int
	fail    error // what the next AppendLog returns
}

func (m *memory) Archived(context.Context) (link.Offsets, error) { return m.ends.Clone(), nil }

func (m *memory) AppendLog(_ context.Context, partition int, from, to int64, records []link.Archived) error {
	if err := m.fail; err != nil {
		m.fail = nil
		return err
	}
	if from != m.ends.At(partition) || to <= from {
		return fmt.Errorf("append [%d, %d) behind %d", from, to, m.ends.At(partition))
	}
	for i, r := range records {
		if r.Partition != partition || r.Offset < from || r.Offset >= to || i > 0 && r.Offset <= records[i-1].Offset {
			return fmt.Errorf("record %d of partition %d in [%d, %d)", r.Offset, r.Partition, from, to)
		}
	}
	if m.records == nil {
		m.records = map[int][]link.Archived{}
	}
	m.records[partition] = append(m.records[partition], slices.Clone(records)...)
	m.ends = m.ends.Max(make(link.Offsets, partition+1))
	m.ends[partition] = to
	m.files++
	return nil
}

func (m *memory) ReadLogParts(ctx context.Context, partition int, from, to int64, take func([]link.Archived) (func() error, error)) error {
	for _, r := range m.records[partition] {
		if r.Offset < from || r.Offset >= to {
			continue
		}
		then, err := take([]link.Archived{r})
		if err == nil {
			err = then()
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
