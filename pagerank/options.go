package pagerank

import (
	"errors"
	"fmt"

	"freshrank/pagerank/csr"
)

// Problem is what gets ranked: pages 0 … Out.Pages()−1, of which those in
// Member have a rank. Out holds the links that carry rank; the length of a row is
// the page's out-degree. A page that is no member has no links and none lead to
// it. A nil Member means every page.
type Problem struct {
	Out    *csr.Graph
	Member []bool
}

// Options for [Rank]. The zero value of a field stands for its default.
type Options struct {
	Damping   float64 // α, 0 < α < 1; 0.85
	Tolerance float64 // certified bound on ‖π−π̃‖₁ to stop at; 1e−9; about 1e−13 is the least that can be met
	MaxSweeps int     // sweeps before giving up; 1000
	Workers   int     // goroutines; GOMAXPROCS. Results do not depend on it

	// Start is x̂ to start from, such as the last run's, one per page; nil for
	// none. Entries below 1−α, such as the 0 of a new page, start from 1−α.
	Start []float64

	// Progress, if set, is called after every sweep from the calling goroutine.
	// Between certifying sweeps l1 is an estimate for the component that is being
	// solved; only the Result's certificate is a bound.
	Progress func(sweep int, l1 float64)
}

// Result is a ranked graph. X + Residual is what to serve.
type Result struct {
	X           []float64 // x̂; 0 where a page has no rank
	Residual    []float64 // r of X as it stands here; 0 where a page has no rank
	Certificate Certificate
	Sweeps      int    // Followed ÷ links, rounded up, the certifying sweeps included
	Followed    uint64 // links followed, each as often as it was
	Converged   bool   // Certificate.L1() ≤ Options.Tolerance
}

// ErrNoPages is returned for a problem without members.
var ErrNoPages = errors.New("graph has no pages to rank")

// WithDefaults returns o with defaults filled in, or an error that names the
// field, its value and its range.
func (o Options) WithDefaults() (Options, error) {
	if o.Damping == 0 {
		o.Damping = 0.85
	}
	if o.Tolerance == 0 {
		o.Tolerance = 1e-9
	}
	if o.MaxSweeps == 0 {
		o.MaxSweeps = 1000
	}
	switch {
	case !(o.Damping > 0 && o.Damping < 1):
		return o, fmt.Errorf("damping %v: must lie between 0 and 1, such as 0.85", o.Damping)
	case !(o.Tolerance > 0):
		return o, fmt.Errorf("tolerance %v: must be positive, such as 1e-9", o.Tolerance)
	case o.MaxSweeps < 1:
		return o, fmt.Errorf("max sweeps %d: must be at least 1", o.MaxSweeps)
	case o.Workers < 0:
		return o, fmt.Errorf("workers %d: must not be negative", o.Workers)
	}
	return o, nil
}
