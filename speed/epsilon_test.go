package speed

import (
	"errors"
	"math"
	"testing"
	"time"

	"freshrank/pagerank/incremental"
	"freshrank/pagerank/linkgraph"
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

// A database that takes its time over next to nothing is no reason for coarser
// pushes, nor is one that does not answer.
func TestWritesThatAreJudged(t *testing.T) {
	l, err := New(Options{Log: struct{ Log }{}, View: struct{ View }{}, Loader: struct{ Loader }{}})
	if err != nil {
		t.Fatal(err)
	}
	many := make([]Row, manyRows)
	for _, c := range []struct {
		p    Publication
		err  error
		want time.Duration
	}{
		{Publication{Rows: many}, nil, time.Second},
		{Publication{Rows: many[1:]}, nil, 0},
		{Publication{Rows: many, Switch: true}, nil, 0},
		{Publication{Rows: many}, errors.New("timeout"), 0},
	} {
		s := &session{Layer: l, live: &state{}, closing: true}
		if err := s.finish(t.Context(), writeResult{Publication: c.p, took: time.Second, err: c.err}); err != nil {
			t.Fatal(err)
		}
		if s.seen.write != c.want {
			t.Errorf("%d rows, switch %v, error %v: judged by %v, want %v", len(c.p.Rows), c.p.Switch, c.err, s.seen.write, c.want)
		}
	}
}

// A session that goes on with a settled state has nothing to push: that is not to
// fall behind.
func TestSettledFromTheStart(t *testing.T) {
	l, err := New(Options{Log: struct{ Log }{}, View: struct{ View }{}, Loader: struct{ Loader }{}})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := incremental.New(&linkgraph.Graph{}, nil, nil, incremental.Options{Damping: 0.85, Epsilon: 1e-3})
	if err != nil {
		t.Fatal(err)
	}
	s := &session{Layer: l, live: &state{engine: engine, settled: true, switched: true}, control: epsilonControl{min: 1e-3, max: 0.1, now: 1e-3}}
	s.adjust()
	if s.control.now != 1e-3 {
		t.Errorf("ε became %v", s.control.now)
	}
}
