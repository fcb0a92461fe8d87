package batch

import (
	"errors"
	"fmt"
	"time"
)

// State is where a run stands: queued → running → succeeded, failed or cancelled.
// A runner that is stopped in good order puts its run back to queued.
type State string

// The states.
const (
	Queued    State = "queued"
	Running   State = "running"
	Succeeded State = "succeeded"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Open reports whether a run in state s keeps others from being requested.
func (s State) Open() bool { return s == Queued || s == Running }

// Trigger is why a run was requested.
type Trigger string

// The triggers.
const (
	First  Trigger = "first"  // there was something to rank and no generation
	Cron   Trigger = "cron"   // a tick of the schedule
	Manual Trigger = "manual" // someone asked
)

// Phase is what a run is doing, or was doing when it ended.
type Phase string

// The phases, in order.
const (
	PhaseQueued  Phase = "queued"
	PhaseArchive Phase = "archive"
	PhaseFold    Phase = "fold"
	PhaseRank    Phase = "rank"
	PhasePublish Phase = "publish"
	PhaseDone    Phase = "done"
)

// Progress is how far a run has come.
type Progress struct {
	Phase      Phase
	Done       float64 // of the whole run, 0 … 1, never falling
	Sweeps     int     // of the rank phase, so far
	Bound      float64 // certified ‖π−π̃‖₁ so far; 0: none yet
	Events     int64   // folded by this run
	Generation int64   // the one it works on; 0: not known yet
	Rate       float64 // of what the phase works on, in Unit a second; 0: nothing that is counted
	Unit       string  // records, events, links or rows
	Left       float64 // seconds until the run ends, estimated; 0: not known
}

// Run is one recomputation, requested, under way or over.
type Run struct {
	ID           string // uuid
	Trigger      Trigger
	ScheduledFor time.Time // tick of a Cron run; else zero
	State        State
	Progress
	Error string // why it failed
}

// Request asks for a run.
type Request struct {
	Trigger      Trigger
	ScheduledFor time.Time // of a Cron run
	At           time.Time // now
}

// Errors that callers branch on.
var (
	ErrRunOpen   = errors.New("a run is open already")               // see OpenError
	ErrLeaseHeld = errors.New("another batch runner is active")      // the lock is another's
	ErrFenced    = errors.New("a newer batch runner has taken over") // the epoch is another's
	ErrLeaseLost = errors.New("the connection that holds the runner's lock is gone")
	ErrCancelled = errors.New("cancelled on request")
	ErrNoRoom    = errors.New("refused before it began")
)

// OpenError is the [ErrRunOpen] that names the open run.
type OpenError struct{ ID string }

func (e *OpenError) Error() string {
	return fmt.Sprintf("run %s is open: wait for its end or cancel it", e.ID)
}

// Unwrap returns ErrRunOpen.
func (e *OpenError) Unwrap() error { return ErrRunOpen }
