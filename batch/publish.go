package batch

import (
	"context"
	"fmt"
	"math"
	"slices"

	"freshrank/pagerank"
	"freshrank/pagerank/linkgraph"
)

// publish makes what was ranked the active generation.
func (w *work) publish(ctx context.Context, g *linkgraph.Graph, e *linkgraph.Effective, r *pagerank.Result) (*Generation, error) {
	if err := w.t.enter(ctx, PhasePublish); err != nil {
		return nil, err
	}
	s := serve(g, e, r)
	p := &Publication{
		Generation: Generation{
			Number: w.number, Run: w.t.run.ID, AsOf: w.asOf, Cut: w.cut, Parameters: w.o.parameters(),
			KnownPages: int64(g.Pages()), Links: int64(e.Out.Links()), Sweeps: r.Sweeps, Certificate: r.Certificate,
		},
	}
	p.XMax, p.Quantiles = quantiles(e.Member, s.x)
	p.Hosts, p.Domains = s.groups()
	p.Rows, p.Pages = len(s.order), s.pages()
	err := w.o.View.Publish(ctx, w.epoch, p, func(part float64, rows int) {
		w.t.count("rows", float64(rows))
		w.t.done(part)
	})
	if err != nil {
		return nil, fmt.Errorf("publish generation %d: %w", w.number, err)
	}
	return &p.Generation, nil
}

// steps is the number of intervals between quantiles.
const steps = 1000

// quantiles returns the greatest of the members' x, and their quantiles by
// nearest rank.
func quantiles(member []bool, x []float64) (greatest float64, q []float64) {
	var sorted []float64
	for p, m := range member {
		if m {
			sorted = append(sorted, x[p])
		}
	}
	slices.Sort(sorted)
	q = make([]float64, steps+1)
	last := float64(len(sorted) - 1)
	for k := range q {
		q[k] = sorted[int(math.Round(last*float64(k)/steps))]
	}
	return sorted[len(sorted)-1], q
}
