// Package bench measures the two kernels, and in the same run what to hold the
// figures against: a plain program for the same problem and the machine's limits.
// On a shared machine speed drifts by a factor of two within minutes, so only ratios
// taken in turns within one run say something; docs/performance.md has them.
package bench

import (
	"context"
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
	Build  time.Duration // of whatever is made of the links before the first sweep
	Solve  time.Duration // from the first sweep to the certified result
	Sweeps float64       // passes over all links
}

// Solve ranks p with the kernel under test. The kernel does not say when its layout
// is built: that is taken to be so at the first sweep's end, less an average sweep.
func Solve(ctx context.Context, p pagerank.Problem, o pagerank.Options) (Solution, error) {
	began := time.Now()
	var first, last time.Time
	sweeps := 0
	tell := o.Progress
	o.Progress = func(sweep int, l1 float64) {
		if last = time.Now(); sweeps == 0 {
			first = last
		}
		sweeps++
		if tell != nil {
			tell(sweep, l1)
		}
	}
	r, err := pagerank.Rank(ctx, p, o)
	if err != nil {
		return Solution{}, err
	}
	all := time.Since(began)
	solve := all
	if sweeps > 1 {
		solve = min(all, time.Since(first)+last.Sub(first)/time.Duration(sweeps-1))
	}
	return Solution{Result: r, Build: all - solve, Solve: solve, Sweeps: float64(r.Sweeps)}, nil
}

// PeakBytes returns the most memory that the process has had resident so far; where
// the system does not say, the most that the Go runtime has asked for.
func PeakBytes() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range strings.Lines(string(status)) {
			if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
				kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
				if err == nil {
					return kib << 10
				}
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
