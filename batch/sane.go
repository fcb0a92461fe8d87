package batch

import (
	"fmt"
	"math"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// tiny is what rounding may make of a quantity that ought to be zero.
const tiny = 1e-9

// sane refuses ranks that cannot be right, or that can but surely are not meant.
// It sums what will be served by itself and takes no intermediate result of the
// solver's on trust.
func (w *work) sane(g *linkgraph.Graph, e *linkgraph.Effective, r *pagerank.Result) error {
	c := r.Certificate
	if !r.Converged {
		return fmt.Errorf("not converged: bound %.3g after %d sweeps, wanted %.3g; raise max-sweeps or tolerance",
			c.L1(), r.Sweeps, w.o.Rank.Tolerance)
	}
	if e.Pages == 0 || c.Pages != e.Pages {
		return fmt.Errorf("%d pages were ranked of a graph of %d", c.Pages, e.Pages)
	}
	least := (1 - c.Damping) * (1 - tiny)
	var sum, lost float64 // Kahan: some 10⁸ terms
	for p, member := range e.Member {
		x := r.X[p] + r.Residual[p]
		if !member {
			if x != 0 {
				return fmt.Errorf("page %s has no rank but x = %v", g.URL(link.Page(p)), x)
			}
			continue
		}
		if !(x >= least) || math.IsInf(x, 0) {
			return fmt.Errorf("page %s has x = %v: must be at least 1-damping = %v", g.URL(link.Page(p)), x, 1-c.Damping)
		}
		y := x - lost
		t := sum + y
		lost, sum = (t-sum)-y, t
	}
	if off := math.Abs(sum/c.ServedSum() - 1); !(off <= tiny) {
		return fmt.Errorf("ranks add up to 1%+.3g: must be 1 within %g", sum/c.ServedSum()-1, tiny)
	}
	if drift := c.Drift(); !(drift <= tiny) {
		return fmt.Errorf("conservation law is off by %.3g a page: must hold within %g", drift, tiny)
	}
	return w.shrunk(int64(e.Pages), int64(e.Out.Links()))
}

// shrunk compares with the previous generation. That a graph has no links at all
// is legal, such as after the first event of a new system; that it lost every
// link it had is not.
func (w *work) shrunk(pages, links int64) error {
	before := int64(w.previous.Certificate.Pages)
	if float64(pages) < float64(before)*(1-w.o.MaxShrink) {
		return fmt.Errorf("%d pages of %d in generation %d are left: max-shrink allows to lose a share of %g; "+
			"if that is meant, raise max-shrink for one run", pages, before, w.previous.Number, w.o.MaxShrink)
	}
	if w.previous.Links > 0 && links == 0 && w.o.MaxShrink < 1 {
		return fmt.Errorf("none of the %d links of generation %d are left; if that is meant, set max-shrink to 1 for one run",
			w.previous.Links, w.previous.Number)
	}
	return nil
}
