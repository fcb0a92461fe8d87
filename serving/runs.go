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
	Rate            *float64 // of what the phase works on, in RateUnit a second
	RateUnit        string   // records, events, links, rows
	SecondsLeft     *float64 // until its end, estimated
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

// Estimate says what the next run would take, as the batch layer last looked.
type Estimate struct {
	At           time.Time
	Graph        *int64 // generation it starts from; nil: none
	Pages, Links int64  // of that
	Events       int64  // records of the log that it takes in
	Memory       int64  // bytes of the runner's process, at most
	Files        int64  // bytes of the data folder, new
	Tables       int64  // bytes of Postgres, new
	Retained     int64  // bytes of both that all generations kept will take
	Seconds      PhaseSeconds
	Measured     bool   // Seconds are from earlier runs
	Refused      string // why such a run is refused; empty: it is not
}

// PhaseSeconds are durations of a run's phases.
type PhaseSeconds struct {
	Archive float64 `json:"archive"`
	Fold    float64 `json:"fold"`
	Rank    float64 `json:"rank"`
	Publish float64 `json:"publish"`
}

// Total returns their sum.
func (s PhaseSeconds) Total() float64 { return s.Archive + s.Fold + s.Rank + s.Publish }

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
	// Estimate returns what the next run would take, or [ErrNoEstimate].
	Estimate(ctx context.Context) (Estimate, error)
	// Run returns one run, or [ErrNoRun].
	Run(ctx context.Context, id string) (Run, error)
	// List returns up to limit runs older than after (nil: all), newest first.
	List(ctx context.Context, limit int, after *RunMark) ([]Run, error)
	// Cancel asks an open run to end and returns it: a queued one ends at once, a
	// running one soon. Cancelling twice is no error; a run that ended otherwise
	// gives [ErrRunFinished], none at all [ErrNoRun].
	Cancel(ctx context.Context, id string) (Run, error)
}
