package bench

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"freshrank/pagerank"
	"freshrank/pagerank/csr"
	"freshrank/pagerank/incremental"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// SpeedOptions say what changes, and how closely the engine is to follow.
type SpeedOptions struct {
	Events  int
	Mix     Mix
	Hubs    bool // only the links of the pages with most of them change
	Epsilon float64
	Batch   int // link changes, or crawls, a micro-batch
	Seed    uint64
	Damping float64
	Workers int
	Phase   func(what string, done, total int)
}

// SpeedReport says what the changes took, and how far off the ranks were at the end.
type SpeedReport struct {
	Graph             string  `json:"graph"`
	Pages             int     `json:"pages"`
	Links             int     `json:"links"` // at the end
	Events            int     `json:"events"`
	Changes           int     `json:"changes"`  // links that came or went
	TakenIn           int     `json:"taken_in"` // links in the events: those of a crawl that did not change too
	Seconds           float64 `json:"seconds"`
	ChangesPerSecond  float64 `json:"changes_per_second"`
	TakenInPerSecond  float64 `json:"taken_in_per_second"`
	UsPerChange       float64 `json:"us_per_change"`
	EdgeOpsPerChange  float64 `json:"edge_ops_per_change"`
	SlowestBatch      float64 `json:"slowest_batch_seconds"`
	CertifiedEpsilon  float64 `json:"certified_epsilon"`
	CertifiedL1       float64 `json:"certified_l1"`
	ActualMaxRelative float64 `json:"actual_max_relative"`
	ActualL1          float64 `json:"actual_l1"`
	PeakBytes         int64   `json:"peak_bytes"` // resident, without the check
	Limits            Limits  `json:"limits"`     // of the machine, measured after it all
}

// engine is what the bench needs of an incremental.Engine.
type engine interface {
	SetAll(pages []link.Page, state func(link.Page) link.State)
	SetLinks([]incremental.Link)
	Push(ctx context.Context, budget int64) bool
	Changed(limit int, fn func(link.Page, incremental.Served)) (all bool)
	Page(link.Page) incremental.Served
	Certificate() pagerank.Certificate
}

// Speed takes links out of p, ranks it, lets the engine follow the changes in
// micro-batches, and compares with ranks computed anew. p.Out is used up.
func Speed(ctx context.Context, graph string, p pagerank.Problem, o SpeedOptions) (*SpeedReport, error) {
	o.Phase("prepare changes", 0, 0)
	rows, batches, err := prepare(p.Out, o)
	if err != nil {
		return nil, err
	}
	r := &SpeedReport{Graph: graph, Pages: p.Out.Pages()}
	for _, b := range batches {
		r.Events, r.Changes, r.TakenIn = r.Events+b.events, r.Changes+b.changes, r.TakenIn+b.takenIn
	}
	o.Phase("rank", 0, 0)
	base, err := pagerank.Rank(ctx, pagerank.Problem{Out: rows.base}, pagerank.Options{Damping: o.Damping, Workers: o.Workers})
	if err != nil {
		return nil, err
	}
	e, err := incremental.New(rows.graph(), base.X, base.Residual, incremental.Options{
		Damping: o.Damping, Policy: link.CountAll, Epsilon: o.Epsilon, Workers: o.Workers,
	})
	if err != nil {
		return nil, err
	}
	told := base.X
	for v := range told {
		told[v] += base.Residual[v]
	}
	e.Push(ctx, math.MaxInt64/2)
	ops := e.EdgeOps
	for i, b := range batches {
		o.Phase("apply", i, len(batches))
		took, err := apply(ctx, e, rows, b, told)
		if err != nil {
			return nil, err
		}
		r.Seconds += took.Seconds()
		r.SlowestBatch = max(r.SlowestBatch, took.Seconds())
	}
	r.EdgeOpsPerChange = float64(e.EdgeOps-ops) / float64(r.Changes)
	r.ChangesPerSecond, r.UsPerChange = float64(r.Changes)/r.Seconds, r.Seconds*1e6/float64(r.Changes)
	r.TakenInPerSecond = float64(r.TakenIn) / r.Seconds
	r.PeakBytes = PeakBytes()
	o.Phase("check", 0, 0)
	for _, b := range batches {
		rows.fold(b.links)
	}
	if err := r.check(ctx, e, rows.now(), told, o); err != nil {
		return r, err
	}
	r.Limits = Measure(r.Pages, rows.workers)
	return r, nil
}

// apply is what is timed: from the changes as they come, unsorted, to the values that
// go to readers.
func apply(ctx context.Context, e engine, rows *rows, b batch, told []float64) (time.Duration, error) {
	began := time.Now()
	if len(b.links) > 0 {
		e.SetLinks(b.links)
	}
	if len(b.pages) > 0 {
		e.SetAll(rows.apply(b), rows.state)
	}
	if !e.Push(ctx, math.MaxInt64/2) {
		return 0, ctx.Err()
	}
	e.Changed(math.MaxInt, func(p link.Page, s incremental.Served) { told[p] = s.X })
	return time.Since(began), nil
}

// check ranks the graph as it is now and holds the engine against that.
func (r *SpeedReport) check(ctx context.Context, e engine, now *csr.Graph, told []float64, o SpeedOptions) error {
	const exact = 1e-12
	truth, err := pagerank.Rank(ctx, pagerank.Problem{Out: now}, pagerank.Options{
		Damping: o.Damping, Workers: o.Workers, Tolerance: exact, MaxSweeps: 10_000, Start: told,
	})
	if err != nil {
		return err
	}
	c := e.Certificate()
	r.Links, r.CertifiedEpsilon, r.CertifiedL1 = now.Links(), c.Epsilon(), c.L1()
	sum, outside := c.ServedSum(), 0
	for v := range told {
		x := truth.X[v] + truth.Residual[v]
		y := e.Page(link.Page(v)).X
		r.ActualMaxRelative = max(r.ActualMaxRelative, math.Abs(x-y)/x)
		r.ActualL1 += math.Abs(x/truth.Certificate.ServedSum() - y/sum)
		if lo, hi := c.XBounds(told[v], 1); x*(1+1e-9) < lo || x*(1-1e-9) > hi {
			outside++
		}
	}
	switch {
	case !truth.Converged:
		return fmt.Errorf("reference ranks: bound %v after %d sweeps", truth.Certificate.L1(), truth.Sweeps)
	case outside > 0:
		return fmt.Errorf("%d of %d pages are outside the interval that was served", outside, len(told))
	case r.ActualMaxRelative > r.CertifiedEpsilon+1e-9:
		return fmt.Errorf("a page is off by %.3g, certified were %.3g", r.ActualMaxRelative, r.CertifiedEpsilon)
	case r.ActualL1 > r.CertifiedL1+exact:
		return fmt.Errorf("all ranks together are off by %.3g, certified were %.3g", r.ActualL1, r.CertifiedL1)
	}
	return nil
}

// Print writes the report for people.
func (r *SpeedReport) Print(w io.Writer) {
	fmt.Fprintf(w, "%s: %d pages, %d links at the end\n", r.Graph, r.Pages, r.Links)
	fmt.Fprintf(w, "changes   %d links, in %d events of %d links, in %.3f s\n", r.Changes, r.Events, r.TakenIn, r.Seconds)
	fmt.Fprintf(w, "rate      %.0f changes/s, %.3g µs and %.4g edge operations each; %.0f links/s taken in\n",
		r.ChangesPerSecond, r.UsPerChange, r.EdgeOpsPerChange, r.TakenInPerSecond)
	fmt.Fprintf(w, "batches   %.3g s for the slowest\n", r.SlowestBatch)
	fmt.Fprintf(w, "certified %.3g of any page's rank, %.3g in all together\n", r.CertifiedEpsilon, r.CertifiedL1)
	fmt.Fprintf(w, "actual    %.3g of the worst page's rank, %.3g in all together\n", r.ActualMaxRelative, r.ActualL1)
	fmt.Fprintf(w, "memory    %.3f GB at most\n", float64(r.PeakBytes)/1e9)
	fmt.Fprintf(w, "machine   %.1f GB/s in order, %.2f ns a random read\n", r.Limits.StreamGBs, r.Limits.GatherNs)
}

var _ engine = (*incremental.Engine)(nil)

// graph returns the base as the folded link graph that the engine starts from. Its
// pages have no URLs: nothing asks for them.
func (r *rows) graph() *linkgraph.Graph {
	g := &linkgraph.Graph{Links: *r.base}
	for range r.base.Pages() {
		g.AppendPage(nil, link.Crawled, link.Imported)
	}
	return g
}
