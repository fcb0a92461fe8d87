package serving

import "errors"

// What callers branch on. Each is wrapped with the circumstances.
var (
	// ErrNotReady: no generation has been published yet, so nothing can be said.
	ErrNotReady = errors.New("no generation is published yet")
	// ErrUnavailable: the database cannot be reached or is too busy. Worth a retry.
	ErrUnavailable = errors.New("database unavailable")
	// ErrLogUnavailable: the log has not confirmed all the events. Some may be in
	// it; submitting them again is harmless, since events are idempotent.
	ErrLogUnavailable = errors.New("log unavailable")
	// ErrViewMoved: the pair of generation and view that a cursor belongs to is
	// no longer served.
	ErrViewMoved = errors.New("view has been replaced")
	// ErrNoRun: there is no batch run with this id.
	ErrNoRun = errors.New("no such batch run")
	// ErrNoEstimate: no batch runner has said yet what a run would take.
	ErrNoEstimate = errors.New("no estimate yet")
	// ErrRunFinished: a run that has ended cannot be cancelled.
	ErrRunFinished = errors.New("batch run has finished")
)
