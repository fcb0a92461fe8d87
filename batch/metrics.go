package batch

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of one runner. Gauges of the generation are set when this runner
// publishes or first sees one.
type metrics struct {
	phase       *prometheus.HistogramVec // by phase
	runs        *prometheus.CounterVec   // by final state
	leader      prometheus.Gauge
	generation  prometheus.Gauge
	pages       prometheus.Gauge
	links       prometheus.Gauge
	lastSuccess prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "freshrank", Subsystem: "batch", Name: name, Help: help})
	}
	m := &metrics{
		phase: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "freshrank", Subsystem: "batch", Name: "phase_duration_seconds",
			Help:    "Time that batch runs spent in a phase.",
			Buckets: prometheus.ExponentialBuckets(0.01, 4, 10), // 10 ms … 44 min
		}, []string{"phase"}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "freshrank", Subsystem: "batch", Name: "runs_total",
			Help: "Batch runs that ended, by state.",
		}, []string{"state"}),
		leader:      gauge("leader", "1 while this process holds the batch lease."),
		generation:  gauge("generation", "Newest generation."),
		pages:       gauge("pages", "Pages that the newest generation ranks."),
		links:       gauge("links", "Links that carry rank in the newest generation."),
		lastSuccess: gauge("last_success_timestamp_seconds", "Time up to which the newest generation includes all events."),
	}
	for _, s := range []State{Succeeded, Failed, Cancelled} {
		m.runs.WithLabelValues(string(s)) // an alert needs the zero
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.phase, m.runs, m.leader, m.generation, m.pages, m.links, m.lastSuccess} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) saw(g *Generation) {
	m.generation.Set(float64(g.Number))
	m.pages.Set(float64(g.Certificate.Pages))
	m.links.Set(float64(g.Links))
	m.lastSuccess.Set(float64(g.AsOf.UnixNano()) / float64(time.Second))
}
