package speed

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"freshrank/pagerank/link"
)

// Options for [New]. Log, View and Loader are required; the zero value of any
// other field stands for its default.
type Options struct {
	Log    Log
	View   View
	Loader Loader
	Limits link.Limits // link.DefaultLimits

	EpsilonMin float64 // relative error per page to aim at when idle; 1e−3
	EpsilonMax float64 // relative error per page to aim at under the greatest load; 0.1
	PushBudget int     // link operations between two looks at the log; 1 000 000, some 15 ms on two cores

	Heartbeat time.Duration // longest time between two publishes; 500 ms
	Poll      time.Duration // between two looks for a new generation; 2 s
	Retry     time.Duration // before something that failed is tried again; 1 s

	Now        func() time.Time      // time.Now
	Logger     *slog.Logger          // discards
	Registerer prometheus.Registerer // none

	// OnPublish, if set, is told of every publication after it is durable.
	OnPublish func(Publication)
}

func (o Options) withDefaults() (Options, error) {
	if o.Limits == (link.Limits{}) {
		o.Limits = link.DefaultLimits()
	}
	setDefault(&o.EpsilonMin, 1e-3)
	setDefault(&o.EpsilonMax, max(0.1, o.EpsilonMin))
	setDefault(&o.PushBudget, 1_000_000)
	setDefault(&o.Heartbeat, 500*time.Millisecond)
	setDefault(&o.Poll, 2*time.Second)
	setDefault(&o.Retry, time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnPublish == nil {
		o.OnPublish = func(Publication) {}
	}
	var faults []error
	if o.Log == nil || o.View == nil || o.Loader == nil {
		faults = append(faults, errors.New("log, view and loader must be given"))
	}
	if !(o.EpsilonMin > 0 && o.EpsilonMin <= o.EpsilonMax && o.EpsilonMax < 1) {
		faults = append(faults, fmt.Errorf("epsilon from %v to %v: must be 0 < min ≤ max < 1, such as 1e-3 and 0.1", o.EpsilonMin, o.EpsilonMax))
	}
	if o.PushBudget < 0 || o.Heartbeat < 0 || o.Poll < 0 || o.Retry < 0 {
		faults = append(faults, fmt.Errorf("push budget %d, heartbeat %v, poll %v, retry %v: must not be negative",
			o.PushBudget, o.Heartbeat, o.Poll, o.Retry))
	}
	return o, errors.Join(faults...)
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
