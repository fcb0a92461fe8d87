package bench

import (
	"context"
	"fmt"
	"io"
	"time"

	"freshrank/pagerank"
)

// RankReport says what ranking a graph took. Seconds are the medians of all rounds.
type RankReport struct {
	Graph          string  `json:"graph"`
	Pages          int     `json:"pages"`
	Links          int     `json:"links"`
	LoadSeconds    float64 `json:"load_seconds"`  // reading or making it, as adjacency by source
	BuildSeconds   float64 `json:"build_seconds"` // from there to the layout that is swept over
	SolveSeconds   float64 `json:"solve_seconds"`
	Sweeps         float64 `json:"sweeps"` // links touched ÷ links
	SweepNsPerLink float64 `json:"sweep_ns_per_link"`
	CertifiedL1    float64 `json:"certified_l1"`
	Epsilon        float64 `json:"epsilon"`
	PeakBytes      int64   `json:"peak_bytes"` // resident, loading included, baseline not

	*Comparison
}

// Comparison is what `bench` adds.
type Comparison struct {
	Baseline Baseline `json:"baseline"`
	Ratio    Ratio    `json:"ratio"`
	Limits   Limits   `json:"limits"`
	Rounds   int      `json:"rounds"`
	Workers  int      `json:"workers"`
}

// Baseline is [Plain] on the same graph with the same tolerance and workers.
type Baseline struct {
	BuildSeconds float64 `json:"build_seconds"`
	SolveSeconds float64 `json:"solve_seconds"`
	Sweeps       float64 `json:"sweeps"`
}

// Ratio is the kernel's time divided by the baseline's.
type Ratio struct {
	Solve float64 `json:"solve"`
	Total float64 `json:"total"` // building included on both sides
}

// NewRankReport describes one solution.
func NewRankReport(graph string, p pagerank.Problem, load time.Duration, s Solution) RankReport {
	r := RankReport{
		Graph: graph, Pages: s.Certificate.Pages, Links: p.Out.Links(), LoadSeconds: load.Seconds(),
		Sweeps: s.Sweeps, CertifiedL1: s.Certificate.L1(), Epsilon: s.Certificate.Epsilon(), PeakBytes: PeakBytes(),
	}
	r.took(s.Build.Seconds(), s.Solve.Seconds())
	return r
}

func (r *RankReport) took(build, solve float64) {
	r.BuildSeconds, r.SolveSeconds = build, solve
	r.SweepNsPerLink = solve * 1e9 / r.Sweeps / float64(max(r.Links, 1))
}

// Rank runs the kernel and the plain program in turns, rounds times each, and then
// measures the machine.
func Rank(ctx context.Context, graph string, p pagerank.Problem, o pagerank.Options, load time.Duration, rounds, workers int) (*RankReport, error) {
	var r RankReport
	var build, solve, plainBuild, plainSolve, ratios, totals []float64
	o.Workers = workers
	c := &Comparison{Rounds: rounds, Workers: workers}
	for round := range rounds {
		s, err := Solve(ctx, p, o)
		if err != nil {
			return nil, err
		}
		if round == 0 {
			r = NewRankReport(graph, p, load, s)
		}
		x, certified := s.Result, s.Certificate.L1()
		s.Result = nil
		quiet := o
		quiet.Progress = nil
		b, err := Plain(ctx, p, quiet)
		if err != nil {
			return nil, err
		}
		if !x.Converged || !b.Converged {
			return nil, fmt.Errorf("bounds of %.3g and, by the plain program, %.3g after %d sweeps: not comparable; raise --max-sweeps", certified, b.Certificate.L1(), b.Result.Sweeps)
		}
		if d := distance(x, b.Result); d > certified+b.Certificate.L1()+1e-12 {
			return nil, fmt.Errorf("the two results differ by %.3g, certified are %.3g and %.3g: one is wrong", d, certified, b.Certificate.L1())
		}
		build, solve = append(build, s.Build.Seconds()), append(solve, s.Solve.Seconds())
		plainBuild, plainSolve = append(plainBuild, b.Build.Seconds()), append(plainSolve, b.Solve.Seconds())
		ratios = append(ratios, s.Solve.Seconds()/b.Solve.Seconds())
		totals = append(totals, (s.Build+s.Solve).Seconds()/(b.Build+b.Solve).Seconds())
		c.Baseline.Sweeps = b.Sweeps
	}
	r.took(median(build), median(solve))
	c.Baseline.BuildSeconds, c.Baseline.SolveSeconds = median(plainBuild), median(plainSolve)
	c.Ratio = Ratio{Solve: median(ratios), Total: median(totals)}
	c.Limits = Measure(p.Out.Pages(), workers)
	r.Comparison = c
	return &r, nil
}

// distance returns the L1 distance of the ranks that two results stand for.
func distance(a, b *pagerank.Result) (d float64) {
	sumA, sumB := a.Certificate.ServedSum(), b.Certificate.ServedSum()
	for v := range a.X {
		d += max((a.X[v]+a.Residual[v])/sumA-(b.X[v]+b.Residual[v])/sumB, (b.X[v]+b.Residual[v])/sumB-(a.X[v]+a.Residual[v])/sumA)
	}
	return d
}

// Print writes the report for people.
func (r *RankReport) Print(w io.Writer) {
	fmt.Fprintf(w, "%s: %d pages, %d links\n", r.Graph, r.Pages, r.Links)
	fmt.Fprintf(w, "load      %8.3f s\n", r.LoadSeconds)
	fmt.Fprintf(w, "build     %8.3f s\n", r.BuildSeconds)
	fmt.Fprintf(w, "solve     %8.3f s, %.4g sweeps of %.3g ns a link\n", r.SolveSeconds, r.Sweeps, r.SweepNsPerLink)
	fmt.Fprintf(w, "certified %8.2g in all ranks together, %.2g of any page's rank\n", r.CertifiedL1, r.Epsilon)
	fmt.Fprintf(w, "memory    %8.3f GB at most\n", float64(r.PeakBytes)/1e9)
	if c := r.Comparison; c != nil {
		fmt.Fprintf(w, "plain     %8.3f s build, %.3f s solve, %.4g sweeps\n", c.Baseline.BuildSeconds, c.Baseline.SolveSeconds, c.Baseline.Sweeps)
		fmt.Fprintf(w, "ratio     %8.3f to solve, %.3f with building; %d rounds, %d workers\n", c.Ratio.Solve, c.Ratio.Total, c.Rounds, c.Workers)
		fmt.Fprintf(w, "machine   %8.1f GB/s in order, %.2f ns a random read\n", c.Limits.StreamGBs, c.Limits.GatherNs)
	}
}
