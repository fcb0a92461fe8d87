package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"freshrank/serving"
)

// health knows the state of the whole, as it was within the last second.
type health struct {
	read func(context.Context) (serving.Health, error)
	now  func() time.Time

	mu    sync.Mutex
	until time.Time // it is good until then
	last  serving.Health
	err   error
}

// recheck is how long the state is believed, and how long it may take to find out: a
// database that hangs must not keep events from the log, nor metrics from who asks.
const recheck = time.Second

func (h *health) get(ctx context.Context) (serving.Health, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now().Before(h.until) {
		return h.last, h.err
	}
	// The answer is for others, too: it does not depend on this client's patience.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recheck)
	defer cancel()
	h.last, h.err = h.read(ctx)
	h.until = h.now().Add(recheck)
	return h.last, h.err
}

// gauge is a number of the state, known while ready.
type gauge struct {
	desc  *prometheus.Desc
	value func(*serving.Health) float64
}

func newGauge(name, help string, value func(*serving.Health) float64) gauge {
	return gauge{prometheus.NewDesc("freshrank_serving_"+name, help, nil, nil), value}
}

var (
	readyGauge = newGauge("ready", "1 if ranks can be given; 0 before the first generation and while the database does not answer.", nil)
	gauges     = []gauge{
		newGauge("lag_seconds", "Age of as_of: every event older than this is in the answers.", func(h *serving.Health) float64 { return h.Lag.Seconds() }),
		newGauge("epsilon_ratio", "Certified relative error of every page before slack, of the answers.", func(h *serving.Health) float64 { return h.Certificate.Epsilon() }),
		newGauge("slack_ratio", "How far a served value may trail behind what the speed layer knows.", func(h *serving.Health) float64 { return h.Certificate.Slack }),
		newGauge("l1_bound", "Certified sum of the errors of all ranks, of the answers.", func(h *serving.Health) float64 { return h.Certificate.L1() }),
		newGauge("generation", "Generation that answers are built on.", func(h *serving.Health) float64 { return float64(h.Generation) }),
		newGauge("newest_generation", "Newest generation; another one than freshrank_serving_generation only while the speed layer moves to it.", func(h *serving.Health) float64 { return float64(h.Active.Generation) }),
		newGauge("generation_age_seconds", "Age of the newest generation's cut.", func(h *serving.Health) float64 { return h.AsOf.Add(h.Lag).Sub(h.Active.AsOf).Seconds() }),
		newGauge("pages", "Pages with a rank, in the answers.", func(h *serving.Health) float64 { return float64(h.Certificate.Pages) }),
		newGauge("pages_in_memory", "Pages of the generation that are kept in memory; 0 if each is looked up in Postgres.", func(h *serving.Health) float64 { return float64(h.Held) }),
	}
	// Known once the speed layer has spoken.
	speedGauges = []gauge{
		newGauge("lag_events", "Records of the log that are not in the answers, when the speed layer last looked.", func(h *serving.Health) float64 { return float64(h.Applied.Behind(h.End)) }),
		newGauge("view_used", "1 if answers are made with the speed layer's view, 0 if with a generation alone.", func(h *serving.Health) float64 {
			if h.Speed.Used {
				return 1
			}
			return 0
		}),
		newGauge("view_age_seconds", "Time since the speed layer last published.", func(h *serving.Health) float64 { return h.AsOf.Add(h.Lag).Sub(h.Speed.PublishedAt).Seconds() }),
	}
)

// Describe implements [prometheus.Collector].
func (h *health) Describe(out chan<- *prometheus.Desc) {
	out <- readyGauge.desc
	for _, g := range slices.Concat(gauges, speedGauges) {
		out <- g.desc
	}
}

// Collect implements [prometheus.Collector].
func (h *health) Collect(out chan<- prometheus.Metric) {
	now, err := h.get(context.Background())
	say := func(g gauge, value float64) {
		out <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, value)
	}
	if err != nil || !now.Ready {
		say(readyGauge, 0)
		return
	}
	say(readyGauge, 1)
	for _, g := range gauges {
		say(g, g.value(&now))
	}
	if now.Speed == nil {
		return
	}
	for _, g := range speedGauges {
		say(g, g.value(&now))
	}
}
