package linkfile

import (
	"context"
	"fmt"
	"path"
	"strconv"

	"freshrank/batch/linkfile/store"
	"freshrank/pagerank/link"
)

// AppendLog archives what the log's partition holds from ≤ offset < to. from must
// be where the archive of the partition ends; records are ascending by offset and
// may be none. They are archived, durably, once the call returns nil.
func (d *Dir) AppendLog(ctx context.Context, partition int, from, to int64, records []link.Archived) error {
	if err := d.appendLog(ctx, partition, from, to, records); err != nil {
		return fmt.Errorf("archive partition %d, offsets %d to %d: %w", partition, from, to, err)
	}
	return nil
}

func (d *Dir) appendLog(ctx context.Context, partition int, from, to int64, records []link.Archived) error {
	m, err := d.logManifest(ctx, partition)
	if err != nil {
		return err
	}
	if from != m.end() || to <= from {
		return fmt.Errorf("the archive ends at %d: a file must follow it and hold at least one offset", m.end())
	}
	last := from - 1
	for _, r := range records {
		if r.Partition != partition || r.Offset <= last || r.Offset >= to {
			return fmt.Errorf("record %d of partition %d is out of order or range", r.Offset, r.Partition)
		}
		last = r.Offset
	}
	folder := logPartition(partition)
	if len(m.Files) == 0 { // the file of a first append that a crash cut short
		if err := d.sweep(ctx, folder, isRecords); err != nil {
			return err
		}
	}
	name := recordsName(from, to)
	w, err := d.store.Create(ctx, path.Join(folder, name))
	if err != nil {
		return err
	}
	f, err := writeLogFile(ctx, w, name, records)
	if err != nil {
		return err
	}
	m.Files = append(m.Files, LogFile{File: f, From: from, To: to})
	raw, err := encodeManifest(m)
	if err != nil {
		return err
	}
	return store.Write(ctx, d.store, path.Join(folder, store.Manifest), raw)
}

// Archived returns the offsets up to which each partition is archived.
func (d *Dir) Archived(ctx context.Context) (link.Offsets, error) {
	partitions, err := d.partitions(ctx)
	if err != nil {
		return nil, fmt.Errorf("list the archived log: %w", err)
	}
	var ends link.Offsets
	for _, p := range partitions {
		m, err := d.logManifest(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("list the archived log: %w", err)
		}
		for len(ends) <= p {
			ends = append(ends, 0)
		}
		ends[p] = m.end()
	}
	return ends, nil
}

// ReadLog calls fn with the archived records of a partition from ≤ offset < to,
// in order. fn may keep what it is given.
func (d *Dir) ReadLog(ctx context.Context, partition int, from, to int64, fn func(link.Archived) error) error {
	return d.ReadLogParts(ctx, partition, from, to, func(records []link.Archived) (func() error, error) {
		return func() error {
			for _, r := range records {
				if err := fn(r); err != nil {
					return err
				}
			}
			return nil
		}, nil
	})
}

// ReadLogParts calls take with the archived records of a partition from ≤ offset < to, some
// thousands at a time, on several goroutines, and what take returns one call at a time and
// in order. Both may keep what take is given.
func (d *Dir) ReadLogParts(ctx context.Context, partition int, from, to int64, take func([]link.Archived) (then func() error, err error)) error {
	m, err := d.logManifest(ctx, partition)
	if err != nil {
		return fmt.Errorf("read archived log: %w", err)
	}
	if from < to && to > m.end() {
		return fmt.Errorf("read archived log: partition %d is archived up to %d, not %d", partition, m.end(), to)
	}
	for _, f := range m.Files {
		if f.To <= from || f.From >= to {
			continue
		}
		if err := d.readLogFile(ctx, partition, f, from, to, take); err != nil {
			return fmt.Errorf("read archived log: %w", err)
		}
	}
	return nil
}

// logPartition returns the name of the folder of a partition.
func logPartition(p int) string { return path.Join(logFolder, strconv.Itoa(p)) }
