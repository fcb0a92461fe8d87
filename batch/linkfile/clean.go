package linkfile

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
)

// Remove removes the graph and the ranks of a generation; none is no error.
func (d *Dir) Remove(ctx context.Context, gen int64) error {
	for _, folder := range []string{ranksFolder, graphFolder} {
		if err := d.store.Remove(ctx, generation(folder, gen)); err != nil {
			return fmt.Errorf("remove generation %d: %w", gen, err)
		}
	}
	return nil
}

// Claim makes this process the one that writes. What another one that did before still has
// under way fails with [store.ErrClaimed], and changes nothing.
func (d *Dir) Claim(ctx context.Context) error {
	if err := d.store.Claim(ctx); err != nil {
		return fmt.Errorf("claim data folder: %w", err)
	}
	return nil
}

// Clean removes what a crash left behind: unfinished files, folders and folds,
// generations without a manifest, log files that no manifest names. Only who may
// write may call it, and not while writing.
func (d *Dir) Clean(ctx context.Context) error {
	// A removal that did not come to its end has put a fold aside.
	if err := errors.Join(d.store.Tidy(ctx, ""), d.store.Remove(ctx, foldFolder)); err != nil {
		return fmt.Errorf("clean: %w", err)
	}
	for _, folder := range []string{graphFolder, ranksFolder} {
		done, err := d.generations(ctx, folder)
		if err != nil {
			return fmt.Errorf("clean: %w", err)
		}
		err = d.sweep(ctx, folder, func(name string) bool {
			gen, err := strconv.ParseInt(name, 10, 64)
			return err == nil && !slices.Contains(done, gen)
		})
		if err != nil {
			return err
		}
	}
	partitions, err := d.partitions(ctx)
	if err != nil {
		return fmt.Errorf("clean: %w", err)
	}
	for _, p := range partitions {
		m, err := d.logManifest(ctx, p)
		if err != nil {
			return fmt.Errorf("clean: %w", err)
		}
		err = d.sweep(ctx, logPartition(p), func(name string) bool {
			return isRecords(name) && !slices.ContainsFunc(m.Files, func(f LogFile) bool { return f.Name == name })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sweep removes the unfinished entries of a folder and those that rubbish names.
func (d *Dir) sweep(ctx context.Context, folder string, rubbish func(name string) bool) error {
	if err := d.store.Tidy(ctx, folder); err != nil {
		return fmt.Errorf("clean: %w", err)
	}
	names, err := d.store.List(ctx, folder)
	if err != nil {
		return fmt.Errorf("clean: %w", err)
	}
	for _, name := range names {
		if rubbish(name) {
			if err := d.store.Remove(ctx, path.Join(folder, name)); err != nil {
				return fmt.Errorf("clean: %w", err)
			}
		}
	}
	return nil
}
