package load

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Options of [Run].
type Options struct {
	Addr        string                         // HOST:PORT
	Request     func(i int) []byte             // the i-th request, as it is sent; called concurrently
	Connections int                            // at most that many requests at a time
	Rate        float64                        // requests a second; 0: each as soon as the last is answered
	Duration    time.Duration                  // for which requests are sent
	Patience    time.Duration                  // with one answer
	CheckEvery  int                            // one answer in so many is checked; 0: none
	Check       func(i int, body []byte) error // of an answer of status 200
}

// connection is what one goroutine saw; the times are of answers with status 200.
type connection struct {
	took     []time.Duration
	shed     []time.Duration // of 429 and 503
	status   map[int]int
	errors   map[string]int
	checked  int
	wrong    []error
	impolite int // 429 and 503 without Retry-After or not as a problem
}

// Run sends requests for the duration, or until ctx is done, and waits for the
// answers.
func Run(ctx context.Context, o Options) Result {
	began := time.Now()
	var next atomic.Int64
	var group sync.WaitGroup
	all := make([]connection, o.Connections)
	for n := range all {
		group.Go(func() { all[n].run(ctx, &o, began, &next) })
	}
	group.Wait()
	return sum(all, time.Since(began), &o)
}

func (s *connection) run(ctx context.Context, o *Options, began time.Time, next *atomic.Int64) {
	s.status, s.errors = map[int]int{}, map[string]int{}
	c := conn{addr: o.Addr}
	defer c.close()
	for ctx.Err() == nil {
		i := int(next.Add(1) - 1)
		due := time.Now()
		if o.Rate > 0 {
			due = began.Add(time.Duration(float64(i) / o.Rate * 1e9))
		}
		// What was due in time but finds no connection until long after is not sent
		// any more: it shows as the rate that was not reached.
		if due.Sub(began) >= o.Duration || time.Since(began) >= o.Duration+o.Patience {
			return
		}
		if !sleep(ctx, time.Until(due)) {
			return
		}
		check := o.CheckEvery > 0 && len(s.took) >= s.checked*o.CheckEvery
		a, err := c.do(o.Request(i), o.Patience, check)
		took := time.Since(due)
		if err != nil {
			what := brief(err)
			if !c.used { // nothing that was accepted is lost
				what = newConnection + what
				sleep(ctx, time.Millisecond) // a server that is gone says so at once
			}
			s.errors[what]++
			continue
		}
		s.status[a.status]++
		switch a.status {
		case 200:
			s.took = append(s.took, took)
		case 429, 503:
			s.shed = append(s.shed, took)
			if !a.retryAfter || !a.problem {
				s.impolite++
			}
		}
		if check && a.status == 200 {
			s.checked++
			if err := o.Check(i, a.body); err != nil {
				s.wrong = append(s.wrong, fmt.Errorf("request %d: %w", i, err))
			}
		}
	}
}

// newConnection begins what [Result.Errors] says of connections that have not carried
// an answer yet.
const newConnection = "new connection: "

// sleep returns false if ctx is done first.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
