// Package parallel shares out work among goroutines.
package parallel

import (
	"sync"
	"sync/atomic"
)

// Each calls do for 0 … n−1, each once, on up to workers goroutines, and returns when
// all calls have. Calls begin in order: a call may wait for those before it.
func Each(workers, n int, do func(i int)) {
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
