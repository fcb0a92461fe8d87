package load

import (
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Result is what a run saw. Latencies are in milliseconds.
type Result struct {
	Connections int            `json:"connections"`
	Offered     float64        `json:"offered_per_second,omitempty"` // 0: closed loop
	Seconds     float64        `json:"seconds"`
	Answered    float64        `json:"answered_per_second"` // with status 200
	Latency     *Latency       `json:"latency_ms,omitempty"`
	Shed        *Latency       `json:"shed_latency_ms,omitempty"` // of 429 and 503
	Status      map[int]int    `json:"status"`
	Errors      map[string]int `json:"errors,omitempty"`
	Checked     int            `json:"checked"` // answers held against what they must be
	Wrong       int            `json:"wrong"`
	WrongFirst  string         `json:"wrong_first,omitempty"`
	Impolite    int            `json:"impolite,omitempty"` // 429 and 503 without Retry-After or problem+json
}

// Latency is a distribution in milliseconds.
type Latency struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p99_9"`
	Max  float64 `json:"max"`
}

// Good reports whether every answer was 200 and right.
func (r *Result) Good() bool {
	return r.Wrong == 0 && len(r.Errors) == 0 && len(r.Status) == 1 && r.Status[200] > 0
}

func sum(all []connection, took time.Duration, o *Options) Result {
	r := Result{Connections: o.Connections, Offered: o.Rate, Seconds: took.Seconds(), Status: map[int]int{}, Errors: map[string]int{}}
	var times, shed []time.Duration
	for i := range all {
		c := &all[i]
		times, shed = append(times, c.took...), append(shed, c.shed...)
		for status, n := range c.status {
			r.Status[status] += n
		}
		for what, n := range c.errors {
			r.Errors[what] += n
		}
		r.Checked, r.Wrong, r.Impolite = r.Checked+c.checked, r.Wrong+len(c.wrong), r.Impolite+c.impolite
		if r.WrongFirst == "" && len(c.wrong) > 0 {
			r.WrongFirst = c.wrong[0].Error()
		}
	}
	r.Answered = float64(r.Status[200]) / r.Seconds
	r.Latency, r.Shed = latency(times), latency(shed)
	return r
}

// latency sorts times; nil if there are none.
func latency(times []time.Duration) *Latency {
	if len(times) == 0 {
		return nil
	}
	slices.Sort(times)
	at := func(share float64) float64 {
		return times[min(int(share*float64(len(times))), len(times)-1)].Seconds() * 1e3
	}
	return &Latency{P50: at(.5), P90: at(.9), P99: at(.99), P999: at(.999), Max: at(1)}
}

// brief names an error without the addresses in it, so that they can be counted.
func brief(err error) string {
	var code syscall.Errno
	var timeout net.Error
	switch {
	case errors.As(err, &code):
		return code.Error()
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	return err.Error()
}

// Lost returns how many requests got no answer on a connection that had carried one.
func (r *Result) Lost() (n int) {
	for what, times := range r.Errors {
		if !strings.HasPrefix(what, newConnection) {
			n += times
		}
	}
	return n
}
