package speed

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	asOf atomic.Int64 // unix nanoseconds; 0: none yet

	events, deadLetters, rows, pushes, linkOps prometheus.Counter
	rebases, rebuilds                          prometheus.Counter
	failures                                   *prometheus.CounterVec // by what failed
	leading, lagEvents, epsilon, target, slack prometheus.Gauge
	publishSeconds                             prometheus.Histogram
}

func newMetrics(r prometheus.Registerer, now func() time.Time) *metrics {
	f := promauto.With(r)
	counter := func(name, help string) prometheus.Counter {
		return f.NewCounter(prometheus.CounterOpts{Name: "freshrank_speed_" + name, Help: help})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return f.NewGauge(prometheus.GaugeOpts{Name: "freshrank_speed_" + name, Help: help})
	}
	m := &metrics{
		events:      counter("events_total", "Events applied."),
		deadLetters: counter("dead_letters_total", "Records set aside because they cannot be applied."),
		rows:        counter("rows_total", "Rows written to the speed view."),
		pushes:      counter("pushes_total", "Residuals pushed."),
		linkOps:     counter("link_operations_total", "Links that pushes went along."),
		rebases:     counter("rebases_total", "Switches to a new view: after each start, and for each new generation."),
		rebuilds:    counter("rebuilds_total", "States thrown away because the conservation law did not hold."),
		failures: f.NewCounterVec(prometheus.CounterOpts{Name: "freshrank_speed_failures_total",
			Help: "Attempts that failed and are made again, by what was attempted."}, []string{"attempt"}),
		leading:   gauge("leading", "1 if this process holds the lease to publish."),
		lagEvents: gauge("lag_events", "Records of the log not yet applied; 0 while another process leads."),
		epsilon:   gauge("epsilon_ratio", "Certified relative error of every page before slack, as last published."),
		target:    gauge("epsilon_target_ratio", "Relative error that pushes aim at."),
		slack:     gauge("slack_ratio", "How far a published value may trail behind what the speed layer knows; over half of the target while the database takes fewer rows than change."),
		publishSeconds: f.NewHistogram(prometheus.HistogramOpts{Name: "freshrank_speed_publish_seconds",
			Help: "Time of one publishing transaction.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 14)}),
	}
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

// standBy forgets what only the process that leads can know.
func (m *metrics) standBy() {
	m.asOf.Store(0)
	m.lagEvents.Set(0)
}

// published takes in one publication.
func (m *metrics) published(p Publication, took time.Duration) {
	m.asOf.Store(p.Header.AsOf.UnixNano())
	m.rows.Add(float64(len(p.Rows)))
	m.epsilon.Set(p.Header.Certificate.Epsilon())
	m.slack.Set(p.Header.Certificate.Slack)
	m.publishSeconds.Observe(took.Seconds())
	if p.Switch {
		m.rebases.Inc()
	}
}
