package verify

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"

	"freshrank/pagerank"
	"freshrank/pagerank/incremental"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
	"freshrank/pagerank/pageranktest"
)

// RandomReport sums up a number of random sequences of events.
type RandomReport struct {
	Sequences int     `json:"sequences"`
	Seed      uint64  `json:"seed"`
	Events    int     `json:"events"`
	Pages     int     `json:"pages"` // compared, over all sequences
	MaxError  float64 `json:"max_relative_error"`
	MaxUse    float64 `json:"max_interval_use"`

	Faults      int      `json:"faults"`
	FirstFaults []string `json:"first_faults,omitempty"`

	// The control: the same sequences, the values as they were before the pushes,
	// held against the bound that the pushes earned.
	Unpushed int `json:"unpushed_sequences_that_fail"`
}

// OK reports whether every page of every sequence was inside its interval, and
// the control was caught.
func (r *RandomReport) OK() bool { return r.Faults == 0 && r.Unpushed > 0 }

// Print writes the report for people.
func (r *RandomReport) Print(w io.Writer) {
	fmt.Fprintf(w, "%d random sequences from seed %d: %d events, %d pages compared\n", r.Sequences, r.Seed, r.Events, r.Pages)
	fmt.Fprintf(w, "page error  %.3g of x at most; %.3g of its interval is the most that it takes\n", r.MaxError, r.MaxUse)
	fmt.Fprintf(w, "control     %d of %d sequences fail with the pushes switched off\n", r.Unpushed, r.Sequences)
	for _, f := range r.FirstFaults {
		fmt.Fprintf(w, "FAULT       %s\n", f)
	}
	switch {
	case r.OK():
		fmt.Fprintln(w, "ok: batch(o) + speed(o..p) = batch(p) = truth, every page inside its stated interval")
	case r.Faults == 0:
		fmt.Fprintln(w, "FAILED: the check has no power: nothing fails without the pushes")
	default:
		fmt.Fprintf(w, "FAILED: %d faults\n", r.Faults)
	}
}

// Random checks the master property on n random sequences of events: the truth
// of all p events lies in the intervals of what the speed layer serves that
// started from a batch run over the first o, and of what a batch run over all p
// serves.
func Random(ctx context.Context, n int, seed uint64) (*RandomReport, error) {
	r := &RandomReport{Sequences: n, Seed: seed}
	for i := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := r.sequence(ctx, i, rand.New(rand.NewPCG(seed, uint64(i)))); err != nil {
			return nil, fmt.Errorf("sequence %d of seed %d: %w", i, seed, err)
		}
	}
	return r, nil
}

func (r *RandomReport) sequence(ctx context.Context, i int, rng *rand.Rand) error {
	events := pageranktest.RandomEvents(rng, 20+rng.IntN(180), 3+rng.IntN(40))
	o := rng.IntN(len(events) + 1)
	policy := link.DropMarked
	if rng.IntN(4) == 0 {
		policy = link.CountAll
	}
	damping := []float64{0.5, 0.85, 0.85, 0.99}[rng.IntN(4)]
	epsilon := []float64{1e-1, 1e-2, 1e-4, 1e-8}[rng.IntN(4)]
	truth := pageranktest.Truth(events, policy, damping)
	r.Events += len(events)

	// batch(p)
	whole, err := runBatch(ctx, events, policy, damping)
	if err != nil {
		return fmt.Errorf("batch over all %d events: %w", len(events), err)
	}
	r.take(i, fmt.Sprintf("batch(%d)", len(events)), Compare(whole.rows(policy), whole.certificate(damping), truth))

	// batch(o) + speed(o..p)
	base, err := runBatch(ctx, events[:o], policy, damping)
	if err != nil {
		return fmt.Errorf("batch over %d events: %w", o, err)
	}
	engine, err := incremental.New(base.graph, base.x, base.residual, incremental.Options{Damping: damping, Policy: policy, Epsilon: epsilon})
	if err != nil {
		return err
	}
	over := linkgraph.NewOverlay(base.graph)
	for _, e := range events[o:] {
		if p, changed := over.Apply(&e); changed {
			engine.Set(p, over.State(p))
		}
	}
	served := base.rows(policy)
	lazy := served.with(engine, over)
	engine.Push(ctx, 1<<40)
	pushed := served.with(engine, over)
	c := engine.Certificate()
	r.take(i, fmt.Sprintf("batch(%d) + speed(%d..%d)", o, o, len(events)), Compare(pushed, c, truth))
	if !Compare(lazy, c, truth).OK() {
		r.Unpushed++
	}
	return nil
}

func (r *RandomReport) take(i int, what string, c *Report) {
	r.Pages += c.Pages
	r.MaxError, r.MaxUse = max(r.MaxError, c.MaxError), max(r.MaxUse, c.MaxUse)
	r.Faults += c.Faults
	for _, f := range c.FirstFaults {
		if len(r.FirstFaults) < 20 {
			r.FirstFaults = append(r.FirstFaults, fmt.Sprintf("sequence %d, %s: %s", i, what, f))
		}
	}
}

// generation is a batch run's outcome.
type generation struct {
	graph       *linkgraph.Graph
	x, residual []float64
	result      *pagerank.Result // nil: no page has a rank
}

func runBatch(ctx context.Context, events []link.Event, policy link.RelPolicy, damping float64) (*generation, error) {
	o := linkgraph.NewOverlay(nil)
	for _, e := range events {
		o.Apply(&e)
	}
	g := &generation{graph: o.Graph()}
	n := g.graph.Pages()
	eff := g.graph.Effective(policy)
	if eff.Pages == 0 {
		g.x, g.residual = make([]float64, n), make([]float64, n)
		return g, nil
	}
	// A loose tolerance, so that the intervals have something to hold.
	res, err := pagerank.Rank(ctx, pagerank.Problem{Out: eff.Out, Member: eff.Member}, pagerank.Options{Damping: damping, Tolerance: 1e-4})
	if err != nil {
		return nil, err
	}
	g.result, g.x, g.residual = res, res.X, res.Residual
	return g, nil
}

func (g *generation) certificate(damping float64) pagerank.Certificate {
	if g.result == nil {
		return pagerank.Certificate{Damping: damping}
	}
	return g.result.Certificate
}

type rowsByPage map[link.PageKey]Row

// rows are what a generation serves.
func (g *generation) rows(policy link.RelPolicy) rowsByPage {
	eff := g.graph.Effective(policy)
	out := rowsByPage{}
	for p := range link.Page(g.graph.Pages()) {
		row := Row{URL: g.graph.URL(p), Status: eff.Status(g.graph, p).String(), HasX: eff.Member[p], X: g.x[p] + g.residual[p]}
		if eff.Root[p] != link.NoPage {
			row.Target = g.graph.Key(eff.Root[p])
		}
		out[g.graph.Key(p)] = row
	}
	return out
}

// with returns the rows with those replaced that the engine would publish.
func (base rowsByPage) with(e *incremental.Engine, over *linkgraph.Overlay) rowsByPage {
	e.Changed(func(p link.Page, s incremental.Served) {
		row := Row{URL: over.URL(p), Status: s.Status.String(), X: s.X, HasX: s.HasX}
		if s.Status == linkgraph.Alias {
			row.Target = over.Key(s.Target)
		}
		base[over.Key(p)] = row
	})
	out := make(rowsByPage, len(base))
	for k, v := range base {
		out[k] = v
	}
	return out
}
