package batch

import (
	"context"
	"fmt"
	"slices"

	"freshrank/pagerank/link"
)

// begin finds out what to start from, and clears up after a run that died.
func (w *work) begin(ctx context.Context) error {
	if err := w.t.enter(ctx, PhaseArchive); err != nil {
		return err
	}
	newest, published, err := w.o.View.Newest(ctx)
	if err != nil {
		return err
	}
	if err := w.o.Files.Claim(ctx); err != nil {
		return err
	}
	if err := w.o.Files.Clean(ctx); err != nil {
		return err
	}
	latest, ok, err := w.o.Files.LatestGraph(ctx)
	if err != nil {
		return fmt.Errorf("look up latest graph: %w", err)
	}
	if published && (!ok || latest < newest.Number) {
		archived, err := w.o.Log.Archived(ctx)
		if err != nil {
			return err
		}
		// A graph that was lost or deleted can be made again of an older one and the archive,
		// which also shows that the folder is the right one.
		if !ok || !archived.Covers(newest.Cut) || link.Offsets(nil).Behind(newest.Cut) == 0 {
			return &FolderError{Published: newest.Number, Latest: latest, Any: ok}
		}
		w.t.log.WarnContext(ctx, "the published graph is not in the data folder: starting from an older one and the archive",
			"published", newest.Number, "graph", latest)
	}
	all, err := w.o.Files.Generations(ctx)
	if err != nil {
		return fmt.Errorf("list generations: %w", err)
	}
	// A run that died between its files and its publication left the former. But
	// where the published graph is not there, Postgres is older than the folder,
	// restored from a backup: then newer files are all there is, and stay.
	if published && latest > newest.Number && slices.Contains(all, newest.Number) {
		if err := w.removeBut(ctx, func(g int64) bool { return g <= newest.Number }); err != nil {
			return fmt.Errorf("remove files of an unfinished run: %w", err)
		}
		latest, all = newest.Number, []int64{newest.Number}
	}
	w.previous, w.base, w.hasBase = newest, latest, ok
	w.number = max(newest.Number, slices.Max(append(all, 0))) + 1
	return nil
}

// FolderError says that Postgres serves a generation whose graph the data folder
// does not have, nor what to make it of. To rank what is left would lose pages and links silently.
type FolderError struct {
	Published, Latest int64
	Any               bool // there is a graph: Latest
}

func (e *FolderError) Error() string {
	has := "no graph"
	if e.Any {
		has = fmt.Sprintf("graph %d at most, without the events since,", e.Latest)
	}
	return fmt.Sprintf("data folder has %s but Postgres serves generation %d: give the data folder that made it, "+
		"restore it from a backup, or start over with an empty database", has, e.Published)
}
