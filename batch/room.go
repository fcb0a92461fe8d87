package batch

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Room is what there is to work with, in bytes. What is not known is negative, and
// no reason to refuse a run.
type Room struct {
	Memory int64 // that this process can still take
	Files  int64 // free on the file system of the data folder
	Tables int64 // free on Postgres' own, if that is of this machine
	Shared bool  // both are the same file system
}

// lacks returns what a run that takes e would not find room for; nil: it fits.
func (r Room) lacks(e Estimate) error {
	var faults []error
	need := func(what string, bytes, there int64, do string) {
		if there >= 0 && bytes > there {
			faults = append(faults, fmt.Errorf("%s: the run needs about %s and there are %s; %s, or run all the same with --ignore-estimate",
				what, Bytes(bytes), Bytes(there), do))
		}
	}
	memory := e.Memory
	if r.Tables >= 0 {
		// Postgres copies, and sorts for indexes up to its own limit.
		memory += min(300e6, 40e6+130*e.Pages)
	}
	need("memory", memory, r.Memory, "stop other programs, raise the limit, or use a machine with more")
	const disk = "make room on that disk"
	if r.Shared && r.Tables >= 0 {
		need("disk of data folder and Postgres", e.Files+e.Tables, r.Files, disk)
	} else {
		need("disk of the data folder", e.Files, r.Files, disk)
		need("disk of Postgres", e.Tables, r.Tables, disk)
	}
	return errors.Join(faults...)
}

// Bytes is a size as people read it.
func Bytes(n int64) string {
	switch {
	case n >= 10e9:
		return fmt.Sprintf("%.0f GB", float64(n)/1e9)
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	}
	return fmt.Sprintf("%.0f MB", float64(n)/1e6)
}

// fit estimates the run and refuses it if there is no room for it.
func (w *work) fit(ctx context.Context) error {
	e, err := w.estimate(ctx, w.base, w.hasBase, w.cut)
	if err != nil {
		return fmt.Errorf("estimate run: %w", err)
	}
	w.t.expect(e.Seconds)
	w.t.log.InfoContext(ctx, "batch run estimated", "memory", Bytes(e.Memory),
		"files", Bytes(e.Files), "tables", Bytes(e.Tables), "measured", e.Measured,
		"expected", time.Duration(e.Seconds.Total()*1e9).Round(100*time.Millisecond))
	if err := w.refusal(e); err != nil {
		return fmt.Errorf("%w: %w", ErrNoRoom, err)
	}
	return nil
}

// refusal says why a run that takes e is not to begin; nil: it may.
func (r *Runner) refusal(e Estimate) error {
	if r.o.Room == nil || r.o.IgnoreEstimate {
		return nil
	}
	return r.o.Room().lacks(e)
}
