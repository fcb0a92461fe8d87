package linkfile

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"time"

	"freshrank/batch/linkfile/store"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// passSize is how many events and links of events are merged into a graph in one pass:
// what they add up to is in memory, some 35 bytes each, the graph is not.
const passSize = 1 << 25

// Fold writes the graph of a generation, as [Dir.WriteGraph] does: that of base, or no
// pages if base is negative, brought up to date with the events that events calls apply with, in any order.
// apply may take long, and its error must be returned. progress is called with rows read
// of those of a pass, one call at a time.
//
// The base is read twice for every pass, row group by row group. Memory grows with the
// events of a pass, and by half a byte for each page of the base.
func (d *Dir) Fold(ctx context.Context, base, gen int64, cut link.Offsets, asOf time.Time,
	events func(apply func(*link.Event) error) error, progress func(done, total int64),
) error {
	err := d.fold(ctx, &folding{
		base: base, from: generation(graphFolder, base), gen: gen, cut: cut, asOf: asOf, progress: progress, limit: passSize,
	}, events)
	if err != nil {
		return fmt.Errorf("fold into graph %d: %w", gen, err)
	}
	return nil
}

// folding is a fold of events in one pass or several.
type folding struct {
	base     int64  // of what is in from
	from     string // folder of the graph to go on from
	gen      int64
	cut      link.Offsets
	asOf     time.Time
	progress func(done, total int64)

	limit  int // events and links of a pass
	passes int
}

func (d *Dir) fold(ctx context.Context, f *folding, events func(apply func(*link.Event) error) error) error {
	if f.base == f.gen || f.gen < 0 {
		return fmt.Errorf("graph %d cannot be made of graph %d", f.gen, f.base)
	}
	overlay, size := linkgraph.NewOverlay(nil), 0
	err := events(func(e *link.Event) error {
		overlay.Apply(e)
		if size += 1 + len(e.Links); size < f.limit {
			return nil
		}
		delta := overlay.Graph()
		overlay, size = linkgraph.NewOverlay(nil), 0
		return d.pass(ctx, f, delta, path.Join(foldFolder, strconv.Itoa(f.passes)))
	})
	if err != nil {
		return err
	}
	delta := overlay.Graph()
	overlay = nil
	if err := d.pass(ctx, f, delta, generation(graphFolder, f.gen)); err != nil {
		return err
	}
	return d.store.Remove(ctx, foldFolder)
}

// pass merges delta into the graph that the pass before has left, or the base.
func (d *Dir) pass(ctx context.Context, f *folding, delta *linkgraph.Graph, to string) error {
	m := GraphManifest{Generation: f.gen, Cut: f.cut, AsOf: f.asOf.UTC(), URLPolicy: link.PolicyVersion}
	err := d.writeFolder(ctx, to, func(folder store.Folder) (any, error) {
		if f.base < 0 {
			err := writeGraph(ctx, folder, delta, &m)
			return m, err
		}
		base, err := d.graphManifest(ctx, f.from, f.base)
		if err != nil {
			return nil, err
		}
		if delta.Pages() == 0 {
			err := d.copyGraph(ctx, f.from, base, folder, &m)
			return m, err
		}
		err = (&merger{Dir: d, folder: f.from, base: base, progress: f.progress, merge: linkgraph.NewMerge(delta, int(base.Pages))}).run(ctx, folder, &m)
		return m, err
	})
	if err == nil && f.passes > 0 {
		err = d.store.Remove(ctx, f.from)
	}
	f.base, f.from = f.gen, to
	f.passes++
	return err
}
