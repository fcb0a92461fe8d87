package linkfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"freshrank/pagerank/link"
)

// AppendLog archives what the log's partition holds from ≤ offset < to. from must
// be where the archive of the partition ends; records are ascending by offset and
// may be none. They are archived, durably, once the call returns nil.
func (d *Dir) AppendLog(partition int, from, to int64, records []link.Archived) error {
	if err := d.appendLog(partition, from, to, records); err != nil {
		return fmt.Errorf("archive partition %d, offsets %d to %d: %w", partition, from, to, err)
	}
	return nil
}

func (d *Dir) appendLog(partition int, from, to int64, records []link.Archived) error {
	m, err := d.logManifest(partition)
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
	folder := d.logPartition(partition)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if len(m.Files) == 0 { // the file of a first append that a crash cut short
		if err := d.sweep(filepath.Join(logFolder, strconv.Itoa(partition)), isRecords); err != nil {
			return err
		}
	}
	name := fmt.Sprintf("%020d-%020d.parquet", from, to)
	f, err := writeLogFile(folder, tempPrefix+name, records)
	if err != nil {
		return errors.Join(err, os.Remove(filepath.Join(folder, tempPrefix+name)))
	}
	if err := os.Rename(filepath.Join(folder, f.Name), filepath.Join(folder, name)); err != nil {
		return err
	}
	f.Name = name
	m.Files = append(m.Files, LogFile{File: f, From: from, To: to})
	// The manifest is synced with its folder, and so with the new file's name.
	if err := writeManifest(folder, m); err != nil {
		return err
	}
	if from == 0 { // the folder itself may be new
		return errors.Join(syncDir(d.path(logFolder)), syncDir(d.root))
	}
	return nil
}

// Archived returns the offsets up to which each partition is archived.
func (d *Dir) Archived() (link.Offsets, error) {
	partitions, err := d.partitions()
	if err != nil {
		return nil, fmt.Errorf("list the archived log: %w", err)
	}
	var ends link.Offsets
	for _, p := range partitions {
		m, err := d.logManifest(p)
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
	m, err := d.logManifest(partition)
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
		if err := readLogFile(ctx, d.logPartition(partition), partition, f, from, to, fn); err != nil {
			return fmt.Errorf("read archived log: %w", err)
		}
	}
	return nil
}

func (d *Dir) logPartition(p int) string { return d.path(logFolder, strconv.Itoa(p)) }
