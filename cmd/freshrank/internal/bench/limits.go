package bench

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// Limits are what the machine can do at all, on as many processors as the kernel had.
type Limits struct {
	StreamGBs float64 `json:"stream_gbs"` // reading memory in order
	GatherNs  float64 `json:"gather_ns"`  // a random read of 8 bytes out of a vector of 8 bytes a page, its address in order
}

// Measure takes the better of three runs of either.
func Measure(pages, workers int) Limits {
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	const words = 32 << 20 // 256 MB: past every cache
	big := make([]float64, words)
	at := make([]uint32, words/4)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range at {
		at[i] = rng.Uint32N(uint32(pages))
	}
	vector := make([]float64, pages)
	for i := range big { // memory is real only once it was written to
		big[i] = 1
	}
	for i := range vector {
		vector[i] = 1
	}
	l := Limits{}
	for range 3 {
		took := together(workers, len(big), func(from, to int) float64 { return sum(big[from:to]) })
		l.StreamGBs = max(l.StreamGBs, 8*words/1e9/took.Seconds())
		took = together(workers, len(at), func(from, to int) float64 { return gather(vector, at[from:to]) })
		if ns := float64(took.Nanoseconds()) / float64(len(at)); l.GatherNs == 0 || ns < l.GatherNs {
			l.GatherNs = ns
		}
	}
	return l
}

func sum(of []float64) float64 {
	var a, b, c, d float64
	for ; len(of) >= 8; of = of[8:] {
		a += of[0] + of[4]
		b += of[1] + of[5]
		c += of[2] + of[6]
		d += of[3] + of[7]
	}
	return a + b + c + d
}

func gather(vector []float64, at []uint32) float64 {
	var a, b, c, d float64
	for ; len(at) >= 4; at = at[4:] {
		a += vector[at[0]]
		b += vector[at[1]]
		c += vector[at[2]]
		d += vector[at[3]]
	}
	return a + b + c + d
}

// together divides 0 … n−1 among workers and returns how long it took.
func together(workers, n int, do func(from, to int) float64) time.Duration {
	results := make([]float64, workers) // so that nothing is optimised away
	began := time.Now()
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() { results[w] = do(n*w/workers, n*(w+1)/workers) })
	}
	group.Wait()
	return time.Since(began)
}
