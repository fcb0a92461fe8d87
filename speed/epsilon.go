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

// load is what a session saw of its own pace since the last step.
type load struct {
	behind  int64   // records that are in the log but not applied
	settled bool    // at some moment no push was due
	slack   float64 // of what was published last
	full    bool    // the log waits for something else than pushes
}

// step is called at regular intervals. It returns the ε to aim at from now on. Values
// far coarser than that, for want of time to write them, waste pushes as fine.
func (c *epsilonControl) step(l load) float64 {
	growing := !l.full && l.behind > tolerated && float64(l.behind) > catchingUp*float64(c.behind)
	switch {
	case growing || !l.settled || l.slack > c.now:
		c.now = min(c.now*raiseEpsilon, c.max)
	case l.behind == 0 && l.slack < lowerEpsilon*c.now:
		c.now = max(c.now*lowerEpsilon, c.min)
	}
	c.behind = l.behind
	return c.now
}
