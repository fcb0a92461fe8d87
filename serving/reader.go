package serving

import (
	"context"
	"time"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
)

// Status says what is known of a page. A page without a rank has no number at
// all; it never has rank 0.
type Status string

// The statuses of a page.
const (
	Unknown Status = "unknown" // never heard of, or neither crawled nor linked to
	Ranked  Status = "ranked"
	Alias   Status = "alias" // stands for Page.Target and answers with its numbers
	Gone    Status = "gone"  // has a rank all the same if pages link to it
)

// Page is what is stored about a page.
type Page struct {
	Key    link.PageKey
	URL    string // canonical; "" of Pages: who has the key has it
	Status Status
	Target *Target // of an alias: where it leads in the end
	X      float64 // served value, of an alias its target's; 0 without Ranked
	BaseX  float64 // the generation's part of X; 0 if that has none
	Ranked bool    // X holds
}

// Target is the page that an alias leads to.
type Target struct {
	Key link.PageKey
	URL string // "" if nothing else is known of it
}

// TopQuery asks for the pages with the greatest x, in descending order of x and
// ascending order of key.
type TopQuery struct {
	Limit int
	Host  string // only pages of this host; "" for all
	After *TopMark
}

// TopMark is a place in the list of one view. It survives that view's updates:
// a page whose rank changes between two requests may then be met twice or not
// at all, like in any list that lives.
type TopMark struct {
	Generation, View int64
	X                float64
	Key              link.PageKey
}

// Generation is one publication of the batch layer.
type Generation struct {
	Generation  int64
	Run         string
	PublishedAt time.Time
	AsOf        time.Time
	Cut         link.Offsets
	Parameters  map[string]any
	KnownPages  int64
	Links       int64
	Sweeps      int
	Certificate pagerank.Certificate
	XMax        float64
	Active      bool
	Retained    bool
}

// Health is the state of the whole: what is served, how old, how exact.
type Health struct {
	Snapshot              // of what is served; zero if not Ready
	Ready      bool       // a generation is published
	Active     Generation // the newest generation; Snapshot.Generation trails it during a handover
	Applied    link.Offsets
	Parameters map[string]any // of Snapshot.Generation
	End        link.Offsets   // end of the log when the speed layer last looked; nil if it never has
	Links      int64
	EpsilonAim float64 // ε the speed layer aims at now; 0 without a view
	Held       int     // pages of Snapshot.Generation that are answered from memory, but for what the view changes
	Speed      *SpeedHealth
}

// SpeedHealth is what the speed layer last said of itself.
type SpeedHealth struct {
	View, Generation, Sequence int64
	PublishedAt                time.Time
	Events, DeadLetters        int64 // since its generation's cut
	Used                       bool  // answers are made from this view
}

// Reader reads what the two layers have published. Every answer is one
// snapshot of the database. Errors: [ErrNotReady], [ErrUnavailable],
// [ErrViewMoved], the context's; anything else is a fault of ours.
type Reader interface {
	// Pages answers for every key, in the order given; repeats are allowed.
	Pages(ctx context.Context, keys []link.PageKey) (Snapshot, []Page, error)
	// Top returns up to q.Limit pages, fewer at the end of the list only.
	Top(ctx context.Context, q TopQuery) (Snapshot, []Page, error)
	// Host sums up a host's pages, Domain a registered domain's. A Sum of no
	// pages means that nothing is known.
	Host(ctx context.Context, host string) (Snapshot, Sum, error)
	Domain(ctx context.Context, domain string) (Snapshot, Sum, error)
	// Generations lists up to limit generations older than before (0: all),
	// newest first. It answers before the first generation, too.
	Generations(ctx context.Context, limit int, before int64) ([]Generation, error)
	// Health answers before the first generation, too.
	Health(ctx context.Context) (Health, error)
}

// Submitter hands events to the log.
type Submitter interface {
	// Submit returns nil once every event is durably in the log. Otherwise none,
	// some or all may be: an error wraps [ErrLogUnavailable] if it is worth a
	// retry.
	Submit(ctx context.Context, events []*link.Event) error
}
