package speed

const (
	raiseEpsilon = 1.5
	lowerEpsilon = 0.7
	// tolerated is the backlog in records that calls for no coarser pushes: one
	// full micro-batch.
	tolerated = 10_000
	// catchingUp is the share of the last backlog that must be left, at most,
	// for the backlog to count as shrinking.
	catchingUp = 0.9
)

// epsilonControl decides how exact pushes have to be: accuracy bends under load
// so that freshness holds. Whatever it decides, the certificate that is
// published is computed from the residuals as they are.
type epsilonControl struct {
	min, max float64
	now      float64
	behind   int64 // at the last step
}

// step is called at regular intervals with the backlog in records, and whether
// all pushes that ε asks for are done. It returns the ε to aim at from now on.
func (c *epsilonControl) step(behind int64, settled bool) float64 {
	switch {
	case behind > tolerated && float64(behind) > catchingUp*float64(c.behind):
		c.now = min(c.now*raiseEpsilon, c.max)
	case behind == 0 && settled:
		c.now = max(c.now*lowerEpsilon, c.min)
	}
	c.behind = behind
	return c.now
}
