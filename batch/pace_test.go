package batch

import (
	"math"
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	start := time.Unix(0, 0)
	at := func(s float64) time.Time { return start.Add(time.Duration(s * 1e9)) }
	c := pace{expect: Seconds{Archive: 2, Fold: 4, Rank: 4, Publish: 10}}
	if _, ok := c.leave(PhaseQueued, start); ok {
		t.Error("what took no time was timed")
	}
	c.leave(PhaseArchive, at(1)) // twice as fast as expected
	check := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	check("done when fold begins", c.done(PhaseFold), 0.1)
	check("left when fold begins", c.left(PhaseFold, at(1)), 18)
	c.part = 0.25
	check("done in fold", c.done(PhaseFold), 0.15)
	check("left in fold: half as expected, half as its first second went", c.left(PhaseFold, at(2)), 0.75*4+14)
	check("left in fold, which is late", c.left(PhaseFold, at(11)), 0.75*(0.5*40+0.5*10)+14)
	c.part = 1
	check("left when fold ends", c.left(PhaseFold, at(11)), 14)
	if took, ok := c.leave(PhaseFold, at(11)); !ok || took != 10 || c.took.Archive != 1 || c.took.Fold != 10 {
		t.Errorf("fold took %v, %v; in all %+v", took, ok, c.took)
	}
	check("rate at once", c.rate(at(11.5)), 0)
	c.counted = 300
	check("rate after two seconds", c.rate(at(13)), 150)
	c.counted = 400
	check("rate before another second is over", c.rate(at(13.5)), 150)
	check("rate of another second", c.rate(at(14)), 100)
	check("rate when nothing is counted", c.rate(at(15)), 0)
	check("left of nothing known", (&pace{}).left(PhaseRank, at(1)), 0)
}
