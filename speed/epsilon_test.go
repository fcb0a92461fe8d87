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
		{load{behind: 0, settled: true, slack: 0}, 0.7e-3, "idle: finer"},
		{load{behind: tolerated, settled: true, slack: 0}, 0.7e-3, "one micro-batch behind: hold"},
		{load{behind: 50_000, settled: true, slack: 0}, 1.05e-3, "behind and growing: coarser"},
		{load{behind: 50_000, settled: true, slack: 0}, 1.575e-3, "not shrinking: coarser"},
		{load{behind: 40_000, settled: true, slack: 0}, 1.575e-3, "shrinking: hold"},
		{load{behind: 39_000, settled: true, slack: 0}, 2.3625e-3, "hardly shrinking: coarser"},
		{load{behind: 0, settled: true, slack: 2e-3}, 2.3625e-3, "values as coarse as pushes: hold"},
		{load{behind: 0, settled: true, slack: 1e-2}, 3.54375e-3, "values coarser than pushes: coarser"},
		{load{behind: 90_000, settled: true, full: true}, 3.54375e-3, "the log waits for the database: hold"},
		{load{behind: 0, settled: false, slack: 0}, 5.315625e-3, "pushes do not keep up: coarser"},
	} {
		if got := c.step(step.load); math.Abs(got-step.want) > 1e-15 {
			t.Fatalf("step %d, %s: ε = %v, want %v", i, step.why, got, step.want)
		}
	}
	for range 100 {
		c.step(load{behind: 1_000_000, settled: true, slack: 0})
	}
	if c.now != c.max {
		t.Errorf("under lasting load ε = %v", c.now)
	}
	for range 100 {
		c.step(load{behind: 0, settled: true, slack: 0})
	}
	if c.now != c.min {
		t.Errorf("after a long rest ε = %v", c.now)
	}
}

// Publications get as many rows as fit into writeTime, by steps. One of few rows says
// nothing, nor does one that failed or that moves the pointer.
func TestPace(t *testing.T) {
	l, err := New(Options{Log: struct{ Log }{}, View: struct{ View }{}, Loader: struct{ Loader }{}})
	if err != nil {
		t.Fatal(err)
	}
	s := &session{Layer: l, live: &state{}, closing: true, pace: pace{10_000}}
	for i, c := range []struct {
		rows, want int
		took       time.Duration
		pointer    bool
		err        error
	}{
		{rows: 10_000, took: writeTime / 2, want: 20_000},
		{rows: 20_000, took: writeTime / 10, want: 40_000},
		{rows: 40_000, took: 2 * writeTime, want: 20_000},
		{rows: 20_000, took: time.Hour, want: 10_000},
		{rows: 8_000, took: writeTime, want: 8_000},
		{rows: fewRows - 1, took: time.Hour, want: 8_000},
		{rows: 8_000, took: time.Hour, pointer: true, want: 8_000},
		{rows: 8_000, took: time.Hour, err: errors.New("timeout"), want: 4_000},
	} {
		r := writeResult{Publication: Publication{Rows: make([]Row, c.rows), Switch: c.pointer}, took: c.took, err: c.err}
		if err := s.finish(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if s.pace.rows != c.want {
			t.Fatalf("publication %d: %d rows allowed, want %d", i, s.pace.rows, c.want)
		}
	}
	for range 20 {
		s.pace.saw(s.pace.rows, 0)
	}
	if s.pace.rows != manyRows {
		t.Errorf("%d rows allowed for a quick database", s.pace.rows)
	}
	for range 20 {
		s.pace.saw(s.pace.rows, time.Hour)
	}
	if s.pace.rows != fewRows {
		t.Errorf("%d rows allowed for a slow database", s.pace.rows)
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
