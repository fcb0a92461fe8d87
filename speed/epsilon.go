package speed

import "time"

const (
	raiseEpsilon = 1.5
	lowerEpsilon = 0.7
	// tolerated is the backlog in records that calls for no coarser pushes: one
	// full micro-batch.
	tolerated = 10_000
	// A publication that takes longer than slowWrite wrote too many rows for
	// freshness; one that takes less than quickWrite leaves room for more.
	slowWrite  = 500 * time.Millisecond
	quickWrite = 100 * time.Millisecond
	// manyRows is how many rows a publication must have to be judged by its time:
	// fewer are quick unless something else is slow, which no ε helps against.
	manyRows = 1000
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
	behind  int64         // records that are in the log but not applied
	settled bool          // at some moment no push was due
	write   time.Duration // the longest publication of many rows
}

// step is called at regular intervals. It returns the ε to aim at from now on.
func (c *epsilonControl) step(l load) float64 {
	growing := l.behind > tolerated && float64(l.behind) > catchingUp*float64(c.behind)
	switch {
	case growing || !l.settled || l.write > slowWrite:
		c.now = min(c.now*raiseEpsilon, c.max)
	case l.behind == 0 && l.write < quickWrite:
		c.now = max(c.now*lowerEpsilon, c.min)
	}
	c.behind = l.behind
	return c.now
}
