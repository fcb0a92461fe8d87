package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// work is one generation in the making.
type work struct {
	*Runner
	t        *tracker
	epoch    int64
	previous Generation // the newest published; zero if none
	base     int64      // the graph it starts from
	hasBase  bool       // false: from nothing
	number   int64
	asOf     time.Time
	cut      link.Offsets
}

// generate makes and publishes one generation.
func (r *Runner) generate(ctx context.Context, epoch int64, t *tracker) (*Generation, error) {
	w := &work{Runner: r, t: t, epoch: epoch}
	if err := w.begin(ctx); err != nil {
		return nil, err
	}
	t.update(func(p *Progress) { p.Generation = w.number })
	t.about("generation", w.number)
	if err := w.freeze(ctx); err != nil {
		return nil, err
	}
	if err := w.fit(ctx); err != nil {
		return nil, err
	}
	if err := w.archive(ctx); err != nil {
		return nil, err
	}
	graph, err := w.fold(ctx)
	if err != nil {
		return nil, err
	}
	effective, result, err := w.rank(ctx, graph)
	if err != nil {
		return nil, err
	}
	return w.publish(ctx, graph, effective, result)
}

// freeze fixes the cut. The clock is read before the log's end: what was
// acknowledged before lies below that end.
func (w *work) freeze(ctx context.Context) error {
	asOf := w.o.now()
	end, err := w.o.Log.End(ctx)
	if err != nil {
		return fmt.Errorf("freeze cut: %w", err)
	}
	w.asOf, w.cut = asOf, end
	w.t.about("cut", w.cut)
	w.t.log.InfoContext(ctx, "cut frozen")
	return nil
}

// archive makes the log permanent up to the cut.
func (w *work) archive(ctx context.Context) error {
	err := w.o.Log.Archive(ctx, w.cut, func(done, total int64) {
		w.t.count("records", float64(done))
		w.t.done(fraction(done, total))
	})
	if err != nil {
		return fmt.Errorf("archive log: %w", err)
	}
	return nil
}

// fold brings the last graph up to the cut, stores it and reads what is stored.
func (w *work) fold(ctx context.Context) (*linkgraph.Graph, error) {
	if err := w.t.enter(ctx, PhaseFold); err != nil {
		return nil, err
	}
	base, from := int64(-1), link.Offsets(nil)
	if w.hasBase {
		size, err := w.o.Files.GraphSize(ctx, w.base)
		if err != nil {
			return nil, err
		}
		from = size.Cut
		if !w.cut.Covers(from) {
			return nil, fmt.Errorf("log ends at %v but graph %d was cut at %v: the log lost records or is another; "+
				"give the log that belongs to this data folder, or start over with an empty data folder", w.cut, w.base, from)
		}
		base = w.base
	}
	n, far := int64(0), folding{total: from.Behind(w.cut)}
	err := w.o.Files.Fold(ctx, base, w.number, w.cut, w.asOf, func(apply func(*link.Event) error) error {
		return w.o.Log.Events(ctx, from, w.cut, func(e *link.Event) error {
			if n++; n%1024 == 0 {
				w.folded(n, far.applied(n))
			}
			return apply(e)
		})
	}, func(done, rows int64) {
		w.folded(n, far.merged(n, fraction(done, rows)))
	})
	if err != nil {
		return nil, err
	}
	w.folded(n, applying+merging)
	return w.o.Files.ReadGraph(ctx, w.number)
}

// What part of a fold it is to apply all events, and to merge what they add up to into the
// graph; the rest is reading that.
const (
	applying = 0.4
	merging  = 0.5
)

// folding says how far a fold is that merges every so many events, in a pass of its own.
type folding struct {
	total         int64 // events
	before, until int64 // this pass, or the last one, merges the events between
}

// applied returns the part that is done when n events are applied, and none are being
// merged.
func (f *folding) applied(n int64) float64 {
	return applying*fraction(n, f.total) + merging*fraction(f.until, f.total)
}

// merged returns the part that is done in a pass that begins when n events are applied.
func (f *folding) merged(n int64, part float64) float64 {
	if n != f.until {
		f.before, f.until = f.until, n
	}
	before, until := fraction(f.before, f.total), fraction(f.until, f.total)
	return applying*until + merging*(before+part*(until-before))
}

func (w *work) folded(events int64, part float64) {
	w.t.update(func(p *Progress) { p.Events = events })
	w.t.count("events", float64(events))
	w.t.done(part)
}

// rank ranks what of the graph has a rank, certifies, checks and stores it.
func (w *work) rank(ctx context.Context, g *linkgraph.Graph) (*linkgraph.Effective, *pagerank.Result, error) {
	if err := w.t.enter(ctx, PhaseRank); err != nil {
		return nil, nil, err
	}
	e := g.Effective(w.o.Policy)
	o := w.o.Rank
	o.Start = w.start(ctx, g)
	first := 0.0
	o.Progress = func(sweep int, l1 float64) {
		first = max(first, l1)
		w.t.sweep(sweep, first, l1, o.Tolerance, e.Out.Links())
	}
	result, err := pagerank.Rank(ctx, pagerank.Problem{Out: e.Out, Member: e.Member}, o)
	if err != nil {
		return nil, nil, err
	}
	w.t.update(func(p *Progress) { p.Sweeps, p.Bound = result.Sweeps, result.Certificate.L1() })
	if err := w.sane(g, e, result); err != nil {
		return nil, nil, fmt.Errorf("check ranks of generation %d: %w", w.number, err)
	}
	return e, result, w.o.Files.WriteRanks(ctx, w.number, g, e.Member, result, w.o.parameters(), w.cut)
}

// start returns the last ranks by g's pages, to start from. Without them the
// result is the same within its bound; it only takes longer.
func (w *work) start(ctx context.Context, g *linkgraph.Graph) []float64 {
	last, ok, err := w.o.Files.LatestRanks(ctx)
	if err != nil || !ok {
		err = errors.Join(err, ctx.Err())
	} else {
		var x []float64
		if x, _, err = w.o.Files.ReadRanks(ctx, last, g); err == nil {
			return x
		}
	}
	if err != nil && ctx.Err() == nil {
		w.t.log.WarnContext(ctx, "last ranks cannot be read: ranking from scratch", "error", err)
	}
	return nil
}

func fraction(done, total int64) float64 {
	if total <= 0 {
		return 1
	}
	return float64(done) / float64(total)
}
