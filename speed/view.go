package speed

import (
	"context"
	"errors"
	"time"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// ErrFenced is returned by a write whose epoch is not the lease's any more:
// another layer has taken over.
var ErrFenced = errors.New("lease was taken over by another speed layer")

// ErrRetired is returned by a switch to a view on a generation that the batch layer
// has dropped meanwhile. A newer one is active.
var ErrRetired = errors.New("generation was dropped before its view could be used")

// ErrNoView is returned when the view to be updated does not exist.
var ErrNoView = errors.New("speed view does not exist any more")

// Generation is what the speed layer needs to know of a batch generation.
type Generation struct {
	Number  int64
	Cut     link.Offsets
	AsOf    time.Time // every event up to here is below the cut
	Damping float64
	Policy  link.RelPolicy
}

// Current is the view that serving reads now.
type Current struct {
	View       int64
	Generation int64
	Epoch      int64 // of the layer that wrote it last
	Offsets    link.Offsets
	AsOf       time.Time
}

// Header states what a view includes and how far from the truth it can be.
type Header struct {
	Generation  int64
	Sequence    int64
	Offsets     link.Offsets // every record before is in the ranks, and set aside if it is bad
	End         link.Offsets // end of the log when last looked at
	AsOf        time.Time    // every event up to here is included
	Events      int64        // since the generation's cut, by offsets
	DeadLetters int64        // of the records since the cut
	Epsilon     float64      // what the pushes aim at now
	Links       int64        // that carry rank
	XMax        float64      // greatest served value
	Certificate pagerank.Certificate
}

// Row is what a view says of one page.
type Row struct {
	Page              link.PageKey
	URL, Host, Domain string
	Status            linkgraph.Status
	Target            *link.PageKey // of an alias: where it leads in the end
	X                 *float64      // served value; nil where the page has none
	BaseX             *float64      // the generation's; nil where it has none
}

// Publication is one transaction's worth of a view.
type Publication struct {
	Epoch  int64
	View   int64
	Switch bool // from now on serving reads this view
	Header Header
	Rows   []Row // ascending by Page, each once; replace what the view said of these pages
}

// View is where ranks go to. Its methods report trouble at once; the caller
// retries. A failed write may have happened all the same; doing it again does no
// harm.
type View interface {
	// TryAcquire takes the lease if nobody holds it and raises its epoch.
	TryAcquire(ctx context.Context) (Lease, bool, error)
	// Active returns the active generation, if there is one.
	Active(ctx context.Context) (Generation, bool, error)
	// Watch calls wake whenever the active generation may have changed. It is a
	// hint: some changes are missed. It blocks until ctx ends.
	Watch(ctx context.Context, wake func())
	// Current returns the view that serving reads, if there is one, with the last word of
	// every write that has begun.
	Current(ctx context.Context) (Current, bool, error)
	// Stage writes a new view that nobody reads yet and returns its number.
	// p.View and p.Switch are ignored.
	Stage(ctx context.Context, p Publication) (view int64, err error)
	// Publish updates a view in one transaction. ErrRetired if it would switch to a
	// generation that does not exist any more.
	Publish(ctx context.Context, p Publication) error
	// Sweep removes the views older than the one that serving reads.
	Sweep(ctx context.Context, epoch int64) error
}

// Lease is the right to publish.
type Lease interface {
	Epoch() int64
	Lost() <-chan struct{} // closed when the lease is gone, or may be
	Release()
}

// Loader reads what the batch layer stored of a generation: its graph, and x̂
// and r by the graph's pages, 0 where a page has no rank.
type Loader interface {
	Load(ctx context.Context, generation int64) (g *linkgraph.Graph, x, residual []float64, cut link.Offsets, err error)
}
