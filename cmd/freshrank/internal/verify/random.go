package verify

import (
	"context"
	"fmt"
	"io"

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

	// The control: the same sequences, residuals never pushed, the values held
	// against the intervals that the pushes earned.
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

// Random checks the master property, see [pageranktest.Master], on n sequences
// with seeds from seed on.
func Random(ctx context.Context, n int, seed uint64) (*RandomReport, error) {
	r := &RandomReport{Sequences: n, Seed: seed}
	for i := range n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m, err := pageranktest.Master(ctx, seed+uint64(i))
		r.Events += m.Events
		r.Pages += m.Compared
		r.MaxError, r.MaxUse = max(r.MaxError, m.Error), max(r.MaxUse, m.Used)
		if m.Unpushed > 0 {
			r.Unpushed++
		}
		if err == nil {
			continue
		}
		r.Faults++
		if len(r.FirstFaults) < 20 {
			r.FirstFaults = append(r.FirstFaults, fmt.Sprintf("seed %d: %v", seed+uint64(i), err))
		}
	}
	return r, nil
}
