package pagerank

import (
	"context"
	"fmt"
	"math"
)

// Rank solves p. It sweeps until the certificate of the vector it holds meets
// o.Tolerance, or o.MaxSweeps are spent; the latter is a Result with Converged
// false, whose certificate is as true as any. The error is that of ctx, which is
// looked at throughout a sweep, or says what is wrong with p or o.
func Rank(ctx context.Context, p Problem, o Options) (*Result, error) {
	s, err := newSolver(p, o)
	if err != nil {
		return nil, fmt.Errorf("rank graph: %w", err)
	}
	sum, dangling := s.start(o.Start)
	for sweep := 1; ; sweep++ {
		s.spread(s.balance(sum, dangling))
		t := s.pull(ctx)
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("rank graph, sweep %d: %w", sweep, err)
		}
		c := s.certificate(t)
		if o.Progress != nil {
			o.Progress(sweep, c.L1())
		}
		if done := c.L1() <= s.o.Tolerance; done || sweep == s.o.MaxSweeps {
			return s.result(c, sweep, done), nil
		}
		sum, dangling = t.next.value(), t.nextDangling.value()
	}
}

// Certify makes one sweep over x as it is and returns it with its residual and
// certificate; x may come from anywhere. Entries of pages that are no members
// must be 0. Of o, only Damping, Tolerance and Workers matter.
func Certify(ctx context.Context, p Problem, x []float64, o Options) (*Result, error) {
	o.Start = x
	s, err := newSolver(p, o)
	if err != nil {
		return nil, fmt.Errorf("certify ranks: %w", err)
	}
	if x == nil {
		return nil, fmt.Errorf("certify ranks: no ranks given for %d pages", p.Out.Pages())
	}
	for v, value := range x {
		if !s.ranked(v) && value != 0 {
			return nil, fmt.Errorf("certify ranks: page %d is no member of the graph but has x = %v", v, value)
		}
	}
	copy(s.next, x)
	s.spread(1)
	t := s.pull(ctx)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("certify ranks: %w", err)
	}
	c := s.certificate(t)
	return s.result(c, 1, c.L1() <= s.o.Tolerance), nil
}

// start fills s.next with what to begin from and returns its sums.
func (s *solver) start(from []float64) (sum, dangling float64) {
	// No solution has an entry outside of these: x ≥ 1−α and Σx ≤ N.
	low, high := 1-s.o.Damping, float64(s.members)
	var all, ends compensated
	for v := range s.next {
		if !s.ranked(v) {
			continue
		}
		s.next[v] = 1
		if from != nil {
			s.next[v] = min(max(from[v], low), high)
		}
		all.add(s.next[v])
		if s.p.Out.Degree(uint32(v)) == 0 {
			ends.add(s.next[v])
		}
	}
	return all.value(), ends.value()
}

// balance returns the factor k by which a vector with these sums must be
// multiplied for its residual to sum to zero.
func (s *solver) balance(sum, dangling float64) float64 {
	rest := 1 - s.o.Damping
	return rest * float64(s.members) / (rest*sum + s.o.Damping*dangling)
}

func (s *solver) certificate(t totals) Certificate {
	rest := 1 - s.o.Damping
	return Certificate{
		Damping:      s.o.Damping,
		Pages:        s.members,
		Sum:          t.x.value(),
		Dangling:     t.xDangling.value(),
		Plus:         t.plus.value(),
		Minus:        t.minus.value(),
		EpsilonPlus:  t.maxPlus / rest,
		EpsilonMinus: t.maxMinus / rest,
	}
}

// result takes s.x, and turns s.next into the residual of s.x.
func (s *solver) result(c Certificate, sweeps int, converged bool) *Result {
	for v := range s.next {
		s.next[v] -= s.x[v]
	}
	return &Result{X: s.x, Residual: s.next, Certificate: c, Sweeps: sweeps, Converged: converged}
}

// validate returns an error that names the first fault of p or of its start.
func (p Problem) validate(start []float64) error {
	if p.Out == nil {
		return fmt.Errorf("problem has no graph")
	}
	n := p.Out.Pages()
	if err := p.Out.Check(); err != nil {
		return err
	}
	if p.Member != nil && len(p.Member) != n {
		return fmt.Errorf("member has %d entries for %d pages", len(p.Member), n)
	}
	if start != nil && len(start) != n {
		return fmt.Errorf("start vector has %d entries for %d pages", len(start), n)
	}
	for v, x := range start {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("start vector: page %d has x = %v", v, x)
		}
	}
	if p.Member == nil {
		return nil
	}
	for u := range n {
		row := p.Out.Row(uint32(u))
		if !p.Member[u] && len(row) > 0 {
			return fmt.Errorf("page %d has %d links but is no member of the graph", u, len(row))
		}
		for _, v := range row {
			if !p.Member[v] {
				return fmt.Errorf("link %d → %d leads to a page that is no member of the graph", u, v)
			}
		}
	}
	return nil
}
