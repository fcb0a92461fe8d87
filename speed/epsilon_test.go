package speed

import (
	"math"
	"testing"
	"time"
)

func TestEpsilonControl(t *testing.T) {
	c := epsilonControl{min: 1e-4, max: 1e-2, now: 1e-3}
	for i, step := range []struct {
		load load
		want float64
		why  string
	}{
		{load{0, true, 0}, 0.7e-3, "idle: finer"},
		{load{tolerated, true, 0}, 0.7e-3, "one micro-batch behind: hold"},
		{load{50_000, true, 0}, 1.05e-3, "behind and growing: coarser"},
		{load{50_000, true, 0}, 1.575e-3, "not shrinking: coarser"},
		{load{40_000, true, 0}, 1.575e-3, "shrinking: hold"},
		{load{39_000, true, 0}, 2.3625e-3, "hardly shrinking: coarser"},
		{load{0, true, 200 * time.Millisecond}, 2.3625e-3, "publications take their time: hold"},
		{load{0, true, time.Second}, 3.54375e-3, "publications take too long: coarser"},
		{load{0, false, 0}, 5.315625e-3, "pushes do not keep up: coarser"},
	} {
		if got := c.step(step.load); math.Abs(got-step.want) > 1e-15 {
			t.Fatalf("step %d, %s: ε = %v, want %v", i, step.why, got, step.want)
		}
	}
	for range 100 {
		c.step(load{1_000_000, true, 0})
	}
	if c.now != c.max {
		t.Errorf("under lasting load ε = %v", c.now)
	}
	for range 100 {
		c.step(load{0, true, 0})
	}
	if c.now != c.min {
		t.Errorf("after a long rest ε = %v", c.now)
	}
}
