package linkfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"freshrank/batch/linkfile/store"
)

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

// partitions lists the partitions that have a folder, ascending.
func (d *Dir) partitions(ctx context.Context) ([]int, error) {
	names, err := d.store.List(ctx, logFolder)
	if err != nil {
		return nil, err
	}
	var all []int
	for _, name := range names {
		if p, err := strconv.Atoi(name); err == nil && p >= 0 && p < 1<<20 && strconv.Itoa(p) == name {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return all, nil
}

// logManifest reads and checks the manifest of a partition. One that has none
// yet has no files.
func (d *Dir) logManifest(ctx context.Context, partition int) (LogManifest, error) {
	var m LogManifest
	folder := logPartition(partition)
	err := d.readManifest(ctx, folder, fixLog, &m)
	if errors.Is(err, fs.ErrNotExist) {
		return LogManifest{Partition: partition}, d.refuseOrphans(ctx, folder)
	}
	if err != nil {
		return m, err
	}
	folder = d.store.Path(folder)
	if m.Partition != partition {
		return m, &CorruptError{folder, fmt.Sprintf("its manifest is that of partition %d", m.Partition), fixLog}
	}
	end := int64(0)
	for _, f := range m.Files {
		if f.From != end || f.To <= f.From {
			return m, &CorruptError{folder, fmt.Sprintf("%.60q does not follow offset %d", f.Name, end), fixLog}
		}
		if f.Name != recordsName(f.From, f.To) { // nor is it outside of the folder
			return m, &CorruptError{folder, fmt.Sprintf("%.60q is no file of offsets %d to %d", f.Name, f.From, f.To), fixLog}
		}
		end = f.To
	}
	return m, nil
}

// refuseOrphans tells a manifest that was lost from one that never was: a crash
// during the first append leaves one file without, never more.
func (d *Dir) refuseOrphans(ctx context.Context, folder string) error {
	names, err := d.store.List(ctx, folder)
	if err != nil {
		return err
	}
	files := 0
	for _, name := range names {
		if isRecords(name) {
			files++
		}
	}
	if files > 1 {
		return &CorruptError{d.store.Path(path.Join(folder, store.Manifest)), fmt.Sprintf("missing beside %d files of records", files), fixLog}
	}
	return nil
}

// recordsName returns the name of the file of records from ≤ offset < to.
func recordsName(from, to int64) string { return fmt.Sprintf("%020d-%020d.parquet", from, to) }

// isRecords reports whether a file of that name holds records.
func isRecords(name string) bool { return strings.HasSuffix(name, ".parquet") }
