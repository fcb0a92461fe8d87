package pageranktest

import (
	"fmt"
	"math"

	"freshrank/pagerank"
)

// Report says how far a result is from the independent solution.
type Report struct {
	L1       float64 // ‖π−π̃‖₁ of the served ranks
	Relative float64 // greatest |x−x̃|/x of a page
	Page     int     // where that is
	Pages    int     // N
}

// Verify solves p with [Solve] and holds res against the solution: who has a
// rank, each page's interval, the sum's, the L1 bound, the conservation law and
// Σπ = 1. The error names the first page or sum that fails.
func Verify(p pagerank.Problem, res *pagerank.Result) (Report, error) {
	c := res.Certificate
	x := Solve(p.Out, p.Member, c.Damping)
	report := Report{}
	if len(res.X) != len(x) || len(res.Residual) != len(x) {
		return report, fmt.Errorf("%d values and %d residuals for %d pages", len(res.X), len(res.Residual), len(x))
	}
	var sum, served float64
	for u := range x {
		if p.Member == nil || p.Member[u] {
			report.Pages++
			sum += x[u]
			served += res.X[u] + res.Residual[u]
		} else if res.X[u] != 0 || res.Residual[u] != 0 {
			return report, fmt.Errorf("page %d is no member but has x = %v, r = %v", u, res.X[u], res.Residual[u])
		}
	}
	if c.Pages != report.Pages {
		return report, fmt.Errorf("certificate counts %d pages: there are %d", c.Pages, report.Pages)
	}
	// What the reference itself may be off by.
	own := 1e-12 / (1 - c.Damping)
	for u := range x {
		if p.Member != nil && !p.Member[u] {
			continue
		}
		y := res.X[u] + res.Residual[u]
		lo, hi := c.XBounds(y, 1)
		if x[u] < lo*(1-own) || x[u] > hi*(1+own) {
			return report, fmt.Errorf("page %d: x = %v is outside of its interval [%v, %v] around %v", u, x[u], lo, hi, y)
		}
		report.L1 += math.Abs(x[u]/sum - y/c.ServedSum())
		if relative := math.Abs(x[u]-y) / x[u]; relative > report.Relative {
			report.Relative, report.Page = relative, u
		}
	}
	if lo, hi := c.SumBounds(); sum < lo*(1-own) || sum > hi*(1+own) {
		return report, fmt.Errorf("sum of x = %v is outside of its interval [%v, %v]", sum, lo, hi)
	}
	if report.L1 > c.L1()+own {
		return report, fmt.Errorf("L1 error of the ranks is %v, above the certified %v", report.L1, c.L1())
	}
	if err := CheckConservation(p, res, c.Damping); err != nil {
		return report, err
	}
	if res.Converged && math.Abs(served/c.ServedSum()-1) > 1e-9 {
		return report, fmt.Errorf("ranks sum to %v, not 1", served/c.ServedSum())
	}
	return report, nil
}

// CheckConservation returns an error unless (1−α)·Σx̂ + α·Σ_dangling x̂ + Σr =
// (1−α)·N, from the vectors themselves, to 1e−11 of N.
func CheckConservation(p pagerank.Problem, res *pagerank.Result, damping float64) error {
	var total, scale float64
	for u := range res.X {
		if p.Member != nil && !p.Member[u] {
			continue
		}
		weight := 1 - damping
		if p.Out.Degree(uint32(u)) == 0 {
			weight = 1
		}
		total += weight*res.X[u] + res.Residual[u] - (1 - damping)
		scale += 1 + math.Abs(res.X[u])
	}
	if math.Abs(total) > 1e-11*scale {
		return fmt.Errorf("conservation law is off by %v over %d pages", total, len(res.X))
	}
	return nil
}

// CheckSum returns an error unless the given ranks are non-negative and sum to 1.
func CheckSum(ranks []float64) error {
	sum := 0.0
	for u, rank := range ranks {
		if !(rank >= 0) {
			return fmt.Errorf("page %d has rank %v", u, rank)
		}
		sum += rank
	}
	if math.Abs(sum-1) > 1e-9 {
		return fmt.Errorf("ranks sum to %v, not 1", sum)
	}
	return nil
}
