package linkfile

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
