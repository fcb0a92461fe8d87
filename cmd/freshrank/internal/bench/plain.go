package bench

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"freshrank/pagerank"
)

// Plain is the program to beat: what a competent engineer writes in an afternoon, in
// the shape of the GAP benchmark's pr_spmv. It transposes the graph, keeps a vector
// of what each link of a page carries, and pulls (Jacobi) from x = 1, float64
// throughout, pages handed out to the same number of workers in chunks of 16,384. It
// solves the same equation, so a page without links loses nothing that must be given
// back, and it stops on the same certificate: in Jacobi's iteration the change is the
// residual, which makes the certificate free. It has no mass rescale, no reordering,
// no other layout.
func Plain(ctx context.Context, p pagerank.Problem, o pagerank.Options) (Solution, error) {
	o, err := o.WithDefaults()
	if err != nil {
		return Solution{}, err
	}
	workers := o.Workers
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	began := time.Now()
	n, in := p.Out.Pages(), p.Out.Transpose()
	s := Solution{Build: time.Since(began)}
	began = time.Now()
	x, next, share := make([]float64, n), make([]float64, n), make([]float64, n)
	pages := 0
	for v := range x {
		if p.Member == nil || p.Member[v] {
			x[v] = 1
			pages++
		}
	}
	rest := 1 - o.Damping
	for sweep := 1; ; sweep++ {
		inChunks(n, workers, func(from, to int) {
			for u := from; u < to; u++ {
				if d := p.Out.Degree(uint32(u)); d > 0 {
					share[u] = o.Damping * x[u] / float64(d)
				}
			}
		})
		var mu sync.Mutex
		c := pagerank.Certificate{Damping: o.Damping, Pages: pages}
		inChunks(n, workers, func(from, to int) {
			var sum, dangling, plus, minus, most, least float64
			for v := from; v < to; v++ {
				if p.Member != nil && !p.Member[v] {
					continue
				}
				pulled := 0.0
				for _, u := range in.Row(uint32(v)) {
					pulled += share[u]
				}
				next[v] = rest + pulled
				r := next[v] - x[v]
				plus, minus = plus+max(r, 0), minus+max(-r, 0)
				most, least = max(most, r), min(least, r)
				sum += x[v]
				if p.Out.Degree(uint32(v)) == 0 {
					dangling += x[v]
				}
			}
			mu.Lock()
			defer mu.Unlock()
			c.Sum, c.Dangling, c.Plus, c.Minus = c.Sum+sum, c.Dangling+dangling, c.Plus+plus, c.Minus+minus
			c.EpsilonPlus, c.EpsilonMinus = max(c.EpsilonPlus, most/rest), max(c.EpsilonMinus, -least/rest)
		})
		if err := ctx.Err(); err != nil {
			return Solution{}, err
		}
		done := c.L1() <= o.Tolerance
		if done || sweep == o.MaxSweeps {
			s.Solve, s.Sweeps = time.Since(began), float64(sweep)
			for v := range next {
				next[v] -= x[v]
			}
			s.Result = &pagerank.Result{X: x, Residual: next, Certificate: c, Sweeps: sweep, Converged: done}
			return s, nil
		}
		x, next = next, x
	}
}

// inChunks calls do for 0 … n−1 in chunks, which workers take in turn.
func inChunks(n, workers int, do func(from, to int)) {
	const chunk = 1 << 14
	var next atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for from := int(next.Add(1)-1) * chunk; from < n; from = int(next.Add(1)-1) * chunk {
				do(from, min(from+chunk, n))
			}
		})
	}
	group.Wait()
}

// median returns the middle one of values, or the mean of the two.
func median(values []float64) float64 {
	s := append([]float64(nil), values...)
	for i := range s {
		for j := i; j > 0 && s[j] < s[j-1]; j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
	if len(s) == 0 {
		return math.NaN()
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
