package bench

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"freshrank/cmd/freshrank/internal/client"
	"freshrank/cmd/freshrank/internal/load"
	"freshrank/pagerank/link"
)

// ServeOptions say what a running API is asked.
type ServeOptions struct {
	API         string // URL; plain HTTP
	Key         string
	URLs        []string // that are asked for, in turn
	Stages      []string // of [ServeStages], in that order
	Duration    time.Duration
	Connections int     // of single lookups
	Bulk        int     // connections of lookups of many
	Keys        int     // URLs of each of those
	Rate        float64 // single lookups a second, of the stage "rate" and around
	Overload    float64 // times what the closed loop reached
	EventRate   float64 // events a second that are submitted meanwhile
	Event       func(now time.Time) (link.Event, error)
	Phase       func(string)
}

// ServeStages are the stages in order. Each but the first looks ranks up.
var ServeStages = []string{
	"livez",    // GET /livez in a closed loop: what server, client and machine can do at all
	"single",   // GET /v1/ranks in a closed loop
	"rate",     // the same in an open loop
	"bulk",     // POST /v1/ranks/lookup in a closed loop
	"overload", // GET /v1/ranks in an open loop, many times what "single" reached
	"after",    // "rate" again, at once
}

// ServeReport says what the API did.
type ServeReport struct {
	API   string           `json:"api"`
	URLs  int              `json:"urls"`
	Load  [2]float64       `json:"load_average"` // of the machine over a minute, before and after; 0: not known
	Stage map[string]Stage `json:"stages"`
	Feed  *Feed            `json:"feed,omitempty"`
}

// Stage is one kind of load.
type Stage struct {
	load.Result
	KeysPerSecond float64 `json:"keys_per_second,omitempty"`
	ToLivez       float64 `json:"to_livez,omitempty"` // answers a second over those of /livez
}

// Feed is what became of the events submitted meanwhile.
type Feed struct {
	Offered  float64 `json:"offered_per_second"`
	Accepted float64 `json:"accepted_per_second"`
	Applied  float64 `json:"applied_per_second"` // by the speed layer, and in the answers
	Behind   int64   `json:"behind_events"`      // at the end
	Failed   int     `json:"failed_requests"`
	First    string  `json:"failed_first,omitempty"`
}

// Serve runs the stages.
func Serve(ctx context.Context, o ServeOptions) (*ServeReport, error) {
	r := &ServeReport{API: o.API, URLs: len(o.URLs), Stage: map[string]Stage{}}
	r.Load[0] = loadAverage()
	asks, err := prepareRequests(&o)
	if err != nil {
		return nil, err
	}
	// What is prepared is millions of small pieces: while they are collected, a tenth of
	// a second, answers lie about, and the API would seem slow.
	defer debug.SetGCPercent(debug.SetGCPercent(1000))
	end := func() error { return nil }
	if o.EventRate > 0 {
		if end, err = r.feed(ctx, &o); err != nil {
			return nil, err
		}
	}
	for _, name := range o.Stages {
		o.Phase(name)
		if name == "overload" && r.Stage["single"].Answered == 0 {
			return nil, fmt.Errorf("stage overload needs the stage single before it")
		}
		run := asks.options(name, &o, r.Stage["single"].Answered)
		runtime.GC()
		s := Stage{Result: load.Run(ctx, run)}
		if name == "bulk" {
			s.KeysPerSecond = s.Answered * float64(o.Keys)
		}
		if limit := r.Stage["livez"].Answered; limit > 0 {
			s.ToLivez = s.Answered / limit
		}
		r.Stage[name] = s
	}
	if err := end(); err != nil {
		return nil, err
	}
	r.Load[1] = loadAverage()
	return r, ctx.Err()
}

// feed submits events until the function that it returns is called.
func (r *ServeReport) feed(ctx context.Context, o *ServeOptions) (end func() error, err error) {
	c := &client.Client{URL: o.API, Key: o.Key}
	before, _, err := c.Offsets(ctx)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	f := &Feed{Offered: o.EventRate}
	accepted := 0
	feeding, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- c.Play(feeding, o.EventRate, func(now time.Time) ([]byte, error) {
			e, err := o.Event(now)
			if err != nil {
				return nil, err
			}
			return link.Encode(&e)
		}, func(_ int, receipt client.Receipt, err error) error {
			accepted += receipt.Accepted
			if err != nil {
				if f.Failed++; f.First == "" {
					f.First = err.Error()
				}
			}
			return nil
		})
	}()
	return func() error {
		applied, end, err := c.Offsets(ctx)
		took := time.Since(began).Seconds()
		stop()
		if fed := <-ended; ctx.Err() == nil && feeding.Err() == nil {
			return fed
		}
		f.Accepted, f.Applied = float64(accepted)/took, float64(applied-before)/took
		f.Behind = end - applied
		r.Feed = f
		return err
	}, nil
}
