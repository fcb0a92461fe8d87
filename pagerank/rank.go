package pagerank

import (
	"context"
	"fmt"
	"math"
	"runtime"
)

// Rank solves p: [NewSolver] and [Solver.Rank] in one.
func Rank(ctx context.Context, p Problem, o Options) (*Result, error) {
	if _, err := o.WithDefaults(); err != nil {
		return nil, fmt.Errorf("rank graph: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("rank graph: %w", err)
	}
	s, err := NewSolver(p)
	if err != nil {
		return nil, fmt.Errorf("rank graph: %w", err)
	}
	return s.Rank(ctx, o)
}

// Rank sweeps until the certificate of the vector it holds meets o.Tolerance, or
// o.MaxSweeps are spent; the latter is a Result with Converged false, whose
// certificate is as true as any. The error is that of ctx, which is looked at
// throughout a sweep, or says what is wrong with o.
func (s *Solver) Rank(ctx context.Context, o Options) (*Result, error) {
	o, err := o.prepare(s.p)
	if err != nil {
		return nil, fmt.Errorf("rank graph: %w", err)
	}
	r := s.newRun(ctx, o)
	all := uint64(s.in.Links())
	improve := func(aim float64, sum, dangling float64) {
		k := r.balance(sum, dangling)
		r.sum = k * sum
		r.spread(k)
		// All but the sweep that certifies.
		if links := uint64(o.MaxSweeps-1) * all; links > r.touched {
			r.improve(aim*o.Tolerance*(1-o.Damping)/(2*o.Damping)*r.sum, links)
			r.settle()
		}
	}
	if o.Start == nil {
		improve(0.75, float64(len(s.order)), float64(s.dangling))
	} else {
		r.rebalance()
	}
	for aim := 0.75; ; aim /= 4 {
		t := r.certify()
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("rank graph, sweep %d: %w", r.sweeps()+1, err)
		}
		c := r.certificate(t)
		done, last := c.L1() <= o.Tolerance, r.sweeps() >= o.MaxSweeps
		if r.report(c.L1()); done || last {
			return r.result(c, done), nil
		}
		improve(aim, t.next.value(), t.nextDangling.value())
	}
}

// Certify makes one sweep over x as it is and returns it with its residual and
// certificate; x may come from anywhere. Entries of pages that are no members
// must be 0. Of o, only Damping, Tolerance and Workers matter.
func Certify(ctx context.Context, p Problem, x []float64, o Options) (*Result, error) {
	o.Start = x
	s, err := plain(p)
	if err == nil {
		o, err = o.prepare(p)
	}
	if err != nil {
		return nil, fmt.Errorf("certify ranks: %w", err)
	}
	if x == nil {
		return nil, fmt.Errorf("certify ranks: no ranks given for %d pages", p.Out.Pages())
	}
	for v, value := range x {
		if !p.ranked(v) && value != 0 {
			return nil, fmt.Errorf("certify ranks: page %d is no member of the graph but has x = %v", v, value)
		}
	}
	r := s.newRun(ctx, o)
	for v, u := range s.order {
		r.x[v] = x[u]
	}
	t := r.certify()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("certify ranks: %w", err)
	}
	c := r.certificate(t)
	return r.result(c, c.L1() <= o.Tolerance), nil
}

// prepare fills in defaults and checks what depends on p.
func (o Options) prepare(p Problem) (Options, error) {
	o, err := o.WithDefaults()
	if err != nil {
		return o, err
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if n := p.Out.Pages(); o.Start != nil && len(o.Start) != n {
		return o, fmt.Errorf("start vector has %d entries for %d pages", len(o.Start), n)
	}
	for v, x := range o.Start {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return o, fmt.Errorf("start vector: page %d has x = %v", v, x)
		}
	}
	return o, nil
}
