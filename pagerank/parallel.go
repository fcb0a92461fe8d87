package pagerank

import (
	"sync"
	"sync/atomic"
)

// chunks cuts n rows into runs of about work links; a row costs about as much as
// four links. It depends on the rows only, never on the number of workers.
func chunks(n, work int, degree func(int) int) []int {
	const page = 4
	bounds, since := []int{0}, 0
	for v := range n {
		since += page + degree(v)
		if since >= work {
			bounds, since = append(bounds, v+1), 0
		}
	}
	if bounds[len(bounds)-1] < n {
		bounds = append(bounds, n)
	}
	return bounds
}

// each calls do for 0 … n−1, each once, and returns when all calls have. Calls begin
// in order: a call may wait for those before it.
func each(workers, n int, do func(i int)) {
	var next atomic.Int64
	work := func() {
		for {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			do(i)
		}
	}
	var group sync.WaitGroup
	for range min(workers, n) - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
}
