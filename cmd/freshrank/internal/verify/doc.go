// Package verify holds what is served against what the master data say, by ways
// that share nothing with the layers but the codec of events: the oracle of
// package pageranktest replays the events one by one, by URL, and solves the
// equation by another method.
//
// [Served] is one consistent reading of the tables, [Master] gathers the import
// and all events up to the offsets that the reading covers, [Compare] holds each
// page against its truth and its stated interval. [Random] does the same in
// memory for random sequences of events: batch(o) + speed(o..p) = batch(p) =
// truth. Its control runs show that the check has power.
package verify

import (
	"fmt"
	"io"
)

// Report is the outcome of a comparison.
type Report struct {
	Generation int64   `json:"generation"`
	View       int64   `json:"view"`     // of the speed layer; 0 for none
	Sequence   int64   `json:"sequence"` // publishes of that view
	Offsets    []int64 `json:"offsets"`
	Events     int     `json:"events"`  // replayed
	Refused    int     `json:"refused"` // records that are no events
	Imported   int     `json:"imported_pages"`

	Pages  int            `json:"pages"`  // compared, ranked or not
	Ranked int            `json:"ranked"` // N
	Status map[string]int `json:"status"`

	SumRank  float64 `json:"sum_rank"` // Σπ as served
	SumBound float64 `json:"sum_rank_bound"`
	Drift    float64 `json:"drift"` // of the conservation law, relative to N

	MaxError      float64 `json:"max_relative_error"` // greatest |x−x̃|/x of a page
	MaxErrorBound float64 `json:"max_relative_error_bound"`
	MaxErrorURL   string  `json:"max_relative_error_url"`
	MaxUse        float64 `json:"max_interval_use"` // greatest share of its interval's half that a page's error takes
	L1            float64 `json:"l1_error"`         // ‖π−π̃‖₁
	L1Bound       float64 `json:"l1_bound"`

	Faults      int      `json:"faults"`
	FirstFaults []string `json:"first_faults,omitempty"`
}

// OK reports whether nothing was found wrong.
func (r *Report) OK() bool { return r.Faults == 0 }

func (r *Report) fault(format string, args ...any) {
	r.Faults++
	if len(r.FirstFaults) < 20 {
		r.FirstFaults = append(r.FirstFaults, fmt.Sprintf(format, args...))
	}
}

// Print writes the report for people.
func (r *Report) Print(w io.Writer) {
	fmt.Fprintf(w, "generation %d, view %d, sequence %d, offsets %v\n", r.Generation, r.View, r.Sequence, r.Offsets)
	fmt.Fprintf(w, "replayed    %d imported pages and %d events (%d records refused)\n", r.Imported, r.Events, r.Refused)
	fmt.Fprintf(w, "compared    %d pages: %d ranked, %d alias, %d gone, %d unknown; N = %d\n",
		r.Pages, r.Status["ranked"], r.Status["alias"], r.Status["gone"], r.Status["unknown"], r.Ranked)
	fmt.Fprintf(w, "sum of rank %.12f, |1−Σπ| ≤ %.3g allowed\n", r.SumRank, r.SumBound)
	fmt.Fprintf(w, "drift       %.3g of the conservation law\n", r.Drift)
	fmt.Fprintf(w, "page error  %.3g of x at most, stated bound %.3g (%s)\n", r.MaxError, r.MaxErrorBound, r.MaxErrorURL)
	fmt.Fprintf(w, "intervals   %.3g of its interval is the most that a page's error takes\n", r.MaxUse)
	fmt.Fprintf(w, "all pages   ‖π−π̃‖₁ = %.3g, stated bound %.3g\n", r.L1, r.L1Bound)
	for _, f := range r.FirstFaults {
		fmt.Fprintf(w, "FAULT       %s\n", f)
	}
	if r.OK() {
		fmt.Fprintln(w, "ok: every page is inside its stated interval")
	} else {
		fmt.Fprintf(w, "FAILED: %d faults\n", r.Faults)
	}
}
