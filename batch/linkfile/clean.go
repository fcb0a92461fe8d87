package linkfile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Remove removes the graph and the ranks of a generation; none is no error.
func (d *Dir) Remove(gen int64) error {
	for _, folder := range []string{ranksFolder, graphFolder} {
		if err := discard(d.generation(folder, gen)); err != nil {
			return fmt.Errorf("remove generation %d: %w", gen, err)
		}
	}
	return nil
}

// Clean removes what a crash left behind: unfinished files and folders,
// generations without a manifest, log files that no manifest names. Only who may
// write may call it, and not while writing.
func (d *Dir) Clean() error {
	for _, folder := range []string{graphFolder, ranksFolder} {
		done, err := d.generations(folder)
		if err != nil {
			return fmt.Errorf("clean: %w", err)
		}
		err = d.sweep(folder, func(name string) bool {
			gen, err := strconv.ParseInt(name, 10, 64)
			return err == nil && !slices.Contains(done, gen)
		})
		if err != nil {
			return err
		}
	}
	partitions, err := d.partitions()
	if err != nil {
		return fmt.Errorf("clean: %w", err)
	}
	for _, p := range partitions {
		m, err := d.logManifest(p)
		if err != nil {
			return fmt.Errorf("clean: %w", err)
		}
		err = d.sweep(filepath.Join(logFolder, strconv.Itoa(p)), func(name string) bool {
			return isRecords(name) && !slices.ContainsFunc(m.Files, func(f LogFile) bool { return f.Name == name })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sweep removes the unfinished entries of a folder and those that rubbish names.
func (d *Dir) sweep(folder string, rubbish func(name string) bool) error {
	entries, err := readDir(d.path(folder))
	if err != nil {
		return fmt.Errorf("clean: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tempPrefix) || rubbish(e.Name()) {
			if err := os.RemoveAll(d.path(folder, e.Name())); err != nil {
				return fmt.Errorf("clean: %w", err)
			}
		}
	}
	return nil
}
