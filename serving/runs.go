package serving

import (
	"context"
	"time"
)

// Run is one run of the batch layer: wanted, under way or over.
type Run struct {
	ID              string // uuid
	Trigger         string // first, cron, manual
	State           string // queued, running, succeeded, failed, cancelled
	Phase           string // queued, archive, fold, rank, publish, done
	Progress        float64
	Sweeps          int
	Bound           *float64 // certified ‖π−π̃‖₁ so far
	Events          int64
	Generation      *int64
	Error           string
	CancelRequested bool
	IdempotencyKey  string
	ScheduledFor    *time.Time
	CreatedAt       time.Time
	StartedAt       *time.Time
	FinishedAt      *time.Time
}

// Open reports whether the run is queued or running. At most one run is.
func (r Run) Open() bool { return r.State == "queued" || r.State == "running" }

// RunMark is a place in the list of runs.
type RunMark struct {
	CreatedAt time.Time
	ID        string
}

// Runs asks the batch layer for runs and reads their records.
type Runs interface {
	// Request asks for a run. If the key (not empty) was used before, it returns
	// that request's run and true; if another run is open, it returns that one
	// and false.
	Request(ctx context.Context, key string) (run Run, mine bool, err error)
	// Run returns one run, or [ErrNoRun].
	Run(ctx context.Context, id string) (Run, error)
	// List returns up to limit runs older than after (nil: all), newest first.
	List(ctx context.Context, limit int, after *RunMark) ([]Run, error)
	// Cancel asks an open run to end and returns it: a queued one ends at once, a
	// running one soon. Cancelling twice is no error; a run that ended otherwise
	// gives [ErrRunFinished], none at all [ErrNoRun].
	Cancel(ctx context.Context, id string) (Run, error)
}
