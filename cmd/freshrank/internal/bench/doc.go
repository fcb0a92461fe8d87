// Package bench measures the two kernels and the API, and in the same run what to
// hold the figures against: a plain program for the same problem, the machine's
// limits, or what server and client do without a question.
// On a shared machine speed drifts by a factor of two within minutes, so only ratios
// taken in turns within one run say something; docs/performance.md has them.
package bench

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"freshrank/pagerank"
)

// Solution is a ranked graph and what it took.
type Solution struct {
	*pagerank.Result
	Build  time.Duration // of the layout
	Solve  time.Duration // from the layout to the certified result
	Sweeps float64       // links followed, as a multiple of the graph's
}

// Solve ranks p with the kernel under test.
func Solve(ctx context.Context, p pagerank.Problem, o pagerank.Options) (Solution, error) {
	began := time.Now()
	solver, err := pagerank.NewSolver(p)
	if err != nil {
		return Solution{}, err
	}
	laidOut := time.Now()
	r, err := solver.Rank(ctx, o)
	if err != nil {
		return Solution{}, err
	}
	return Solution{
		Result: r, Build: laidOut.Sub(began), Solve: time.Since(laidOut),
		Sweeps: float64(r.Followed) / float64(p.Out.Links()),
	}, nil
}

// PeakBytes returns the most memory that the process has had resident so far; where
// the system does not say, the most that the Go runtime has asked for.
func PeakBytes() int64 {
	if peak, ok := PeakOf(os.Getpid()); ok {
		return peak
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}

// PeakOf returns the most memory that a process has had resident so far, in bytes; false
// if it has ended or the system does not say.
func PeakOf(pid int) (int64, bool) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kib << 10, err == nil
		}
	}
	return 0, false
}
