package batch

import "time"

// Seconds are durations of a run's phases.
type Seconds struct {
	Archive float64 `json:"archive"`
	Fold    float64 `json:"fold"`
	Rank    float64 `json:"rank"`
	Publish float64 `json:"publish"`
}

// Total returns their sum.
func (s Seconds) Total() float64 { return s.Archive + s.Fold + s.Rank + s.Publish }

// of returns the place of a phase; nil for one that takes no time.
func (s *Seconds) of(p Phase) *float64 {
	switch p {
	case PhaseArchive:
		return &s.Archive
	case PhaseFold:
		return &s.Fold
	case PhaseRank:
		return &s.Rank
	case PhasePublish:
		return &s.Publish
	}
	return nil
}

// before returns the sum of the phases before p.
func (s Seconds) before(p Phase) (sum float64) {
	for _, q := range phases {
		if q == p {
			break
		}
		sum += *s.of(q)
	}
	return sum
}

// pace is how fast a run goes, and how fast it was expected to.
type pace struct {
	expect, took Seconds
	begun        time.Time // of the present phase
	part         float64   // of it that is done

	counted float64 // what it has behind it
	// The rate is that of the time since mark, or of the second before that.
	mark   time.Time
	marked float64
	last   float64
}

// leave ends a phase and begins the next; false if there was none.
func (c *pace) leave(p Phase, now time.Time) (seconds float64, ok bool) {
	if place := c.took.of(p); place != nil && !c.begun.IsZero() {
		seconds, ok = now.Sub(c.begun).Seconds(), true
		*place = seconds
	}
	*c = pace{expect: c.expect, took: c.took, begun: now, mark: now}
	return seconds, ok
}

// done returns the part of the whole run that is done, by the time that its phases
// were expected to take.
func (c *pace) done(p Phase) float64 {
	place, total := c.expect.of(p), c.expect.Total()
	if place == nil || total <= 0 {
		return 0
	}
	return (c.expect.before(p) + c.part**place) / total
}

// rateEvery is over how long a rate is measured.
const rateEvery = time.Second

// rate returns how much is counted in a second now; 0: nothing is.
func (c *pace) rate(now time.Time) float64 {
	if d := now.Sub(c.mark); d >= rateEvery {
		c.last = (c.counted - c.marked) / d.Seconds()
		c.mark, c.marked = now, c.counted
	}
	return c.last
}

// left estimates the seconds until the run ends. At first a phase is taken to last
// as long as expected; the more of it is done, the more counts how long that took. 0:
// nothing is expected yet.
func (c *pace) left(p Phase, now time.Time) float64 {
	place := c.expect.of(p)
	if place == nil || c.expect.Total() <= 0 {
		return 0
	}
	elapsed := now.Sub(c.begun).Seconds()
	lasts := max(*place, elapsed)
	if c.part > 0 {
		sure := min(1, 2*c.part)
		lasts = sure*elapsed/c.part + (1-sure)*lasts
	}
	return (1-c.part)*lasts + c.expect.Total() - c.expect.before(p) - *place
}
