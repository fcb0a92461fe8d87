package batch

import (
	"context"
	"time"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// Files keeps the graphs and ranks of generations; 0 is an import. What it
// returns was checked against its checksums. One runner uses it at a time.
type Files interface {
	// Generations lists those that have a complete graph, ascending.
	Generations(ctx context.Context) ([]int64, error)
	// LatestGraph and LatestRanks return the newest generation that has one, or them,
	// complete; false if none.
	LatestGraph(ctx context.Context) (generation int64, ok bool, err error)
	LatestRanks(ctx context.Context) (generation int64, ok bool, err error)
	// GraphSize returns how large a graph is, and its cut, without reading it.
	GraphSize(ctx context.Context, generation int64) (GraphSize, error)
	// Fold makes the graph of a generation of base's, or of nothing if base is negative:
	// brought up to cut by the events that it is given by calls of apply, in any order.
	// events must return apply's error. The graph is stored for good before Fold returns,
	// or not at all. progress may be called at any rate, one call at a time, and begin anew.
	Fold(ctx context.Context, base, generation int64, cut link.Offsets, asOf time.Time,
		events func(apply func(*link.Event) error) error, progress func(done, total int64)) error
	// ReadGraph returns a graph.
	ReadGraph(ctx context.Context, generation int64) (*linkgraph.Graph, error)
	// ReadRanks returns x̂ and r of a generation by the pages of g, matched by key;
	// 0 where a page had no rank.
	ReadRanks(ctx context.Context, generation int64, g *linkgraph.Graph) (x, residual []float64, err error)
	// WriteRanks stores ranks for good before it returns, or not at all.
	WriteRanks(ctx context.Context, generation int64, g *linkgraph.Graph, member []bool, r *pagerank.Result, p Parameters, cut link.Offsets) error
	// Remove deletes graph and ranks of a generation; none there is no error.
	Remove(ctx context.Context, generation int64) error
	// Claim makes the caller the one runner that uses it: what another that did before
	// still has under way, not knowing that it lost its lease, changes nothing any more.
	Claim(ctx context.Context) error
	// Clean deletes what was begun and never completed.
	Clean(ctx context.Context) error
}

// Log is the topic, its archive included.
type Log interface {
	// End returns the log's present end offsets, all partitions.
	End(ctx context.Context) (link.Offsets, error)
	// Archived returns up to where the log is permanent.
	Archived(ctx context.Context) (link.Offsets, error)
	// Archive makes the records below upTo permanent. progress may be called at
	// any rate, from the calling goroutine.
	Archive(ctx context.Context, upTo link.Offsets, progress func(done, total int64)) error
	// Events calls fn with every accepted archived event in [from, to), each
	// partition in order. An error of fn ends it and is returned.
	Events(ctx context.Context, from, to link.Offsets, fn func(*link.Event) error) error
}

// View is the batch layer's side of Postgres.
type View interface {
	// Acquire takes the lease or returns ErrLeaseHeld. It raises the epoch, and
	// fails the runs that an earlier holder left running, as abandoned.
	Acquire(ctx context.Context) (Lease, error)

	// Request queues a run, or returns an *OpenError.
	Request(ctx context.Context, q Request) (Run, error)
	// Take makes the queued run running, on behalf of epoch; false if none is queued.
	Take(ctx context.Context, epoch int64) (Run, bool, error)
	// Report records the progress of a running run and tells whether its cancelling
	// was requested. ErrFenced if the run is no longer epoch's.
	Report(ctx context.Context, epoch int64, id string, p Progress) (cancel bool, err error)
	// Finish ends a run without a generation: Failed or Cancelled, or Queued again.
	// false if the run was not running any more, or not epoch's; if true, no
	// transaction that publishes the run has committed, or ever will.
	Finish(ctx context.Context, epoch int64, id string, s State, reason string, p Progress) (bool, error)
	// Run returns a run.
	Run(ctx context.Context, id string) (Run, error)
	// LastRun returns the time of the newest run, or of its tick if that is later;
	// false if there was none.
	LastRun(ctx context.Context) (time.Time, bool, error)

	// Newest returns the newest generation; false if there is none.
	Newest(ctx context.Context) (Generation, bool, error)
	// Publish makes p the active generation and its run succeeded, at once and as a
	// whole. ErrFenced if the lease is no longer epoch's; ErrCancelled if the run's
	// cancelling was requested before. progress may be called at any rate, with the
	// part of the work that is done, 0 … 1, and the rows that were copied.
	Publish(ctx context.Context, epoch int64, p *Publication, progress func(part float64, rows int)) error
	// Timed records what the phases of a run that succeeded took.
	Timed(ctx context.Context, id string, s Seconds) error
	// Past returns the last runs that succeeded and were timed, the newest first, at
	// most five.
	Past(ctx context.Context) ([]Past, error)
	// Forecast stores what the next run would take, on behalf of epoch; ErrFenced.
	Forecast(ctx context.Context, epoch int64, e Estimate) error
	// Retire drops the tables of generations that are neither among the keep newest
	// nor active nor what the speed layer stands on. It returns those that stay.
	Retire(ctx context.Context, keep int) (kept []int64, err error)
}

// Lease is the right to execute runs.
type Lease interface {
	Epoch() int64
	// Wake receives when a run was requested or cancelled: a hint, some are lost.
	Wake() <-chan struct{}
	// Lost is closed when the lease may have become another's.
	Lost() <-chan struct{}
	// Release gives the lease up.
	Release(ctx context.Context) error
}
