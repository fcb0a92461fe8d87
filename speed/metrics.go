package speed

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	now  func() time.Time
	asOf atomic.Int64 // unix nanoseconds; 0: none yet

	events, deadLetters, rows, pushes, linkOps prometheus.Counter
	rebases, rebuilds                          prometheus.Counter
	failures                                   *prometheus.CounterVec // by what failed
	phases                                     *prometheus.GaugeVec   // by phase
	leader, lagEvents, epsilon, target, slack  prometheus.Gauge
	generation, pages, links, drift            prometheus.Gauge
	publishSeconds, freshness                  prometheus.Histogram
}

// The phases of the layer: [Layer.Run] goes through them in this order.
const (
	phaseStandby = "standby"  // another process leads, or the lease cannot be taken
	phaseLoad    = "load"     // waiting for a generation, or reading it
	phaseCatchUp = "catch_up" // applying what is committed already
	phaseFollow  = "follow"   // publishing
	phaseRebase  = "rebase"   // publishing, and making the state on a newer generation
	phaseTrouble = "trouble"  // the last session failed; waiting for the next try
)

var phases = []string{phaseStandby, phaseLoad, phaseCatchUp, phaseFollow, phaseRebase, phaseTrouble}

// What is attempted, for failures.
const (
	attemptLease   = "acquire lease"
	attemptView    = "keep the view"
	attemptPublish = "publish"
	attemptRebase  = "rebase"
	attemptSweep   = "sweep old views"
	attemptLook    = "look for a generation"
)

var attempts = []string{attemptLook, attemptLease, attemptView, attemptPublish, attemptRebase, attemptSweep}

func newMetrics(r prometheus.Registerer, now func() time.Time) *metrics {
	f := promauto.With(r)
	counter := func(name, help string) prometheus.Counter {
		return f.NewCounter(prometheus.CounterOpts{Name: "freshrank_speed_" + name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return f.NewGauge(prometheus.GaugeOpts{Name: "freshrank_speed_" + name, Help: help})
	}
	m := &metrics{
		now:         now,
		events:      counter("events_total", "Events applied."),
		deadLetters: counter("dead_letters_total", "Records set aside because they cannot be applied."),
		rows:        counter("rows_total", "Rows written to the speed view."),
		pushes:      counter("pushes_total", "Residuals pushed."),
		linkOps:     counter("link_operations_total", "Links that pushes went along."),
		rebases:     counter("rebases_total", "Switches to a new view: after each start, and for each new generation."),
		rebuilds:    counter("rebuilds_total", "States thrown away because the conservation law did not hold."),
		failures: f.NewCounterVec(prometheus.CounterOpts{Name: "freshrank_speed_failures_total",
			Help: "Attempts that failed and are made again, by what was attempted."}, []string{"attempt"}),
		phases: f.NewGaugeVec(prometheus.GaugeOpts{Name: "freshrank_speed_phase",
			Help: "1 for the phase that the layer is in, 0 for the others."}, []string{"phase"}),
		leader:     gauge("leader", "1 if this process holds the lease to publish."),
		lagEvents:  gauge("lag_events", "Records of the log not yet applied; 0 while another process leads."),
		epsilon:    gauge("epsilon_ratio", "Certified relative error of every page before slack, as last published."),
		target:     gauge("epsilon_target_ratio", "Relative error that pushes aim at."),
		slack:      gauge("slack_ratio", "How far a published value may trail behind what the speed layer knows; over half of the target while the database takes fewer rows than change."),
		generation: gauge("generation", "Generation that the published view is built on."),
		pages:      gauge("pages", "Pages with a rank in the published view."),
		links:      gauge("links", "Links that carry rank in the published view."),
		drift:      gauge("drift_ratio", "How far the conservation law is from holding, relative to the number of pages; more than rounding is a fault."),
		publishSeconds: f.NewHistogram(prometheus.HistogramOpts{Name: "freshrank_speed_publish_duration_seconds",
			Help: "Time of one publishing transaction.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14)}),
		freshness: f.NewHistogram(prometheus.HistogramOpts{Name: "freshrank_speed_freshness_seconds",
			Help:    "Age that as_of had reached whenever a publication replaced it: the oldest that answers were.",
			Buckets: []float64{.1, .25, .5, 1, 2, 3, 5, 10, 30, 60, 300, 1800}}),
	}
	for _, a := range attempts {
		m.failures.WithLabelValues(a) // an alert needs the zero
	}
	m.enter(phaseStandby)
	f.NewGaugeFunc(prometheus.GaugeOpts{Name: "freshrank_speed_lag_seconds",
		Help: "Age of as_of: every event older than this is in the published ranks. 0 before the first publication, and while another process leads."},
		func() float64 {
			if t := m.asOf.Load(); t != 0 {
				return now().Sub(time.Unix(0, t)).Seconds()
			}
			return 0
		})
	return m
}

// enter says which phase the layer is in.
func (m *metrics) enter(phase string) {
	for _, p := range phases {
		value := 0.0
		if p == phase {
			value = 1
		}
		m.phases.WithLabelValues(p).Set(value)
	}
}

// standBy forgets what only the process that leads can know.
func (m *metrics) standBy() {
	m.asOf.Store(0)
	m.lagEvents.Set(0)
}

// published takes in one publication.
func (m *metrics) published(p Publication, took time.Duration) {
	if before := m.asOf.Swap(p.Header.AsOf.UnixNano()); before != 0 {
		m.freshness.Observe(m.now().Sub(time.Unix(0, before)).Seconds())
	}
	m.rows.Add(float64(len(p.Rows)))
	m.epsilon.Set(p.Header.Certificate.Epsilon())
	m.slack.Set(p.Header.Certificate.Slack)
	m.drift.Set(p.Header.Certificate.Drift())
	m.generation.Set(float64(p.Header.Generation))
	m.pages.Set(float64(p.Header.Certificate.Pages))
	m.links.Set(float64(p.Header.Links))
	m.publishSeconds.Observe(took.Seconds())
	if p.Switch {
		m.rebases.Inc()
	}
}
