package speed

import (
	"math"
	"testing"
)

func TestEpsilonControl(t *testing.T) {
	c := epsilonControl{min: 1e-4, max: 1e-2, now: 1e-3}
	for i, step := range []struct {
		behind  int64
		settled bool
		want    float64
		why     string
	}{
		{0, false, 1e-3, "idle but pushing: hold"},
		{0, true, 0.7e-3, "idle: finer"},
		{tolerated, true, 0.7e-3, "one micro-batch behind: hold"},
		{50_000, false, 1.05e-3, "behind and growing: coarser"},
		{50_000, false, 1.575e-3, "not shrinking: coarser"},
		{40_000, false, 1.575e-3, "shrinking: hold"},
		{39_000, false, 2.3625e-3, "hardly shrinking: coarser"},
	} {
		if got := c.step(step.behind, step.settled); math.Abs(got-step.want) > 1e-15 {
			t.Fatalf("step %d, %s: ε = %v, want %v", i, step.why, got, step.want)
		}
	}
	for range 100 {
		c.step(1_000_000, false)
	}
	if c.now != c.max {
		t.Errorf("under lasting load ε = %v", c.now)
	}
	for range 100 {
		c.step(0, true)
	}
	if c.now != c.min {
		t.Errorf("after a long rest ε = %v", c.now)
	}
}
