package linkfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"freshrank/pagerank/link"
)

// LogRecord is one record of the log as it is archived. It is an alias of an
// unnamed type so that package archive, which fills it in, can spell the same
// type without an import between siblings; the compiler sees to it that both
// spellings agree.
type LogRecord = struct {
	Partition  int
	Offset     int64
	Timestamp  time.Time // of the record; kept in milliseconds
	Key, Value []byte    // as they came; nil differs from empty

	Error string // why it was refused; "" if it was accepted

	// Of an accepted event.
	ID, Source, Type, URL string
	Time                  time.Time
}

// LogFile is a file of records from ≤ offset < to.
type LogFile struct {
	File
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// LogManifest describes the archived part of one partition: its files follow
// each other without a gap.
type LogManifest struct {
	Partition int       `json:"partition"`
	Files     []LogFile `json:"files"`
}

// end returns the offset after the last archived one.
func (m LogManifest) end() int64 {
	if len(m.Files) == 0 {
		return 0
	}
	return m.Files[len(m.Files)-1].To
}

// AppendLog archives what the log's partition holds from ≤ offset < to. from must
// be where the archive of the partition ends; records are ascending by offset and
// may be none. They are archived, durably, once the call returns nil.
func (d *Dir) AppendLog(partition int, from, to int64, records []LogRecord) error {
	if err := d.appendLog(partition, from, to, records); err != nil {
		return fmt.Errorf("archive partition %d, offsets %d to %d: %w", partition, from, to, err)
	}
	return nil
}

func (d *Dir) appendLog(partition int, from, to int64, records []LogRecord) error {
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
func (d *Dir) ReadLog(ctx context.Context, partition int, from, to int64, fn func(LogRecord) error) error {
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

// partitions lists the partitions that have a folder, ascending.
func (d *Dir) partitions() ([]int, error) {
	entries, err := readDir(d.path(logFolder))
	if err != nil {
		return nil, err
	}
	var all []int
	for _, e := range entries {
		if p, err := strconv.Atoi(e.Name()); err == nil && p >= 0 && p < 1<<20 && strconv.Itoa(p) == e.Name() {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return all, nil
}

// logManifest reads and checks the manifest of a partition. One that has none
// yet has no files.
func (d *Dir) logManifest(partition int) (LogManifest, error) {
	var m LogManifest
	folder := d.logPartition(partition)
	err := readManifest(folder, fixLog, &m)
	if errors.Is(err, fs.ErrNotExist) {
		return LogManifest{Partition: partition}, d.refuseOrphans(folder)
	}
	if err != nil {
		return m, err
	}
	if m.Partition != partition {
		return m, &CorruptError{folder, fmt.Sprintf("its manifest is that of partition %d", m.Partition), fixLog}
	}
	end := int64(0)
	for _, f := range m.Files {
		if f.From != end || f.To <= f.From {
			return m, &CorruptError{folder, fmt.Sprintf("%s does not follow offset %d", f.Name, end), fixLog}
		}
		end = f.To
	}
	return m, nil
}

// refuseOrphans tells a manifest that was lost from one that never was: a crash
// during the first append leaves one file without, never more.
func (d *Dir) refuseOrphans(folder string) error {
	entries, err := readDir(folder)
	if err != nil {
		return err
	}
	files := 0
	for _, e := range entries {
		if isRecords(e.Name()) {
			files++
		}
	}
	if files > 1 {
		return &CorruptError{filepath.Join(folder, manifestName), fmt.Sprintf("missing beside %d files of records", files), fixLog}
	}
	return nil
}

// isRecords reports whether a file of that name holds records.
func isRecords(name string) bool {
	return strings.HasSuffix(name, ".parquet") && !strings.HasPrefix(name, tempPrefix)
}
