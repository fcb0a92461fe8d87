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

// passSize is how many units of events are merged into a graph in one pass: what they add
// up to is in memory, the graph is not.
const passSize = 1 << 25

// units is about how much room an event takes, in that of a link of a crawl. One of a
// single link is kept beside the link, as an edit with a time and a name of its own.
func units(e *link.Event) int {
	if e.Type == link.LinkAdded || e.Type == link.LinkRemoved {
		return 8
	}
	return 1 + len(e.Links)
}

// Fold writes the graph of a generation, as [Dir.WriteGraph] does: that of base, or none if
// base is negative, brought up to date with the events that events calls apply with, in any
// order. apply may take long, and events must return its error. progress is called with
// rows read and rows to be read of a pass, one call at a time.
//
// In every pass the base is read twice, row group by row group, and never held: memory
// grows with the events of a pass, and by three bits for each page of the base.
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

	limit  int // units of a pass
	passes int
}

func (d *Dir) fold(ctx context.Context, f *folding, events func(apply func(*link.Event) error) error) (err error) {
	if f.base == f.gen || f.gen < 0 {
		return fmt.Errorf("graph %d cannot be made of graph %d", f.gen, f.base)
	}
	defer func() {
		// Whatever became of the fold; [Dir.Clean] says it if this fails as well.
		_ = d.store.Remove(context.WithoutCancel(ctx), foldFolder)
	}()
	sum, size := linkgraph.NewTally(), 0
	err = events(func(e *link.Event) error {
		sum.Add(e)
		if size += units(e); size < f.limit {
			return nil
		}
		all := sum
		sum, size = linkgraph.NewTally(), 0
		return d.pass(ctx, f, all, path.Join(foldFolder, strconv.Itoa(f.passes)))
	})
	if err != nil {
		return err
	}
	return d.pass(ctx, f, sum, generation(graphFolder, f.gen))
}

// pass merges what events add up to into the graph that the pass before has left, or the
// base.
func (d *Dir) pass(ctx context.Context, f *folding, sum *linkgraph.Tally, to string) error {
	delta, err := sum.Graph()
	if err != nil {
		return err
	}
	m := GraphManifest{Generation: f.gen, Cut: f.cut, AsOf: f.asOf.UTC(), URLPolicy: link.PolicyVersion}
	err = d.writeFolder(ctx, to, func(folder store.Folder) (any, error) {
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
	if err == nil && f.passes > 0 && to != generation(graphFolder, f.gen) {
		err = d.store.Remove(ctx, f.from)
	}
	f.base, f.from = f.gen, to
	f.passes++
	return err
}
