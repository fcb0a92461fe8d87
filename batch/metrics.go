package batch

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of one runner. Gauges of the generation are set when this runner
// publishes or first sees one, those of the next run when it is estimated.
type metrics struct {
	phase        *prometheus.GaugeVec     // by phase
	phaseSeconds *prometheus.HistogramVec // by phase
	work         *prometheus.CounterVec   // by phase
	runs         *prometheus.CounterVec   // by final state

	leader, progress                       prometheus.Gauge
	generation, asOf, pages, links         prometheus.Gauge
	epsilon, l1, sweeps                    prometheus.Gauge
	pending, memory, disk, refused, nextAt prometheus.Gauge
}

// phaseIdle is what metrics call it that no run is under way.
const phaseIdle Phase = "idle"

const prefix = "freshrank_batch_"

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	var all []prometheus.Collector
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: prefix + name, Help: help})
		all = append(all, g)
		return g
	}
	counter := func(name, help, label string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, []string{label})
		all = append(all, c)
		return c
	}
	m := &metrics{
		phase: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: prefix + "phase", Help: "1 for the phase of the run under way, or for idle; 0 for the others.",
		}, []string{"phase"}),
		phaseSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: prefix + "phase_duration_seconds", Help: "Time that batch runs spent in a phase.",
			Buckets: prometheus.ExponentialBuckets(0.01, 4, 10), // 10 ms … 44 min
		}, []string{"phase"}),
		work:       counter("work_total", "What runs have worked off: records archived, events folded, links swept, rows published.", "phase"),
		runs:       counter("runs_total", "Batch runs that ended, by state.", "state"),
		leader:     gauge("leader", "1 while this process holds the batch lease."),
		progress:   gauge("progress_ratio", "How much of the run under way is done; 0 while there is none."),
		generation: gauge("generation", "Newest generation."),
		asOf:       gauge("as_of_timestamp_seconds", "Time up to which the newest generation includes all events."),
		pages:      gauge("pages", "Pages that the newest generation ranks."),
		links:      gauge("links", "Links that carry rank in the newest generation."),
		epsilon:    gauge("epsilon_ratio", "Certified relative error of every page of the newest generation."),
		l1:         gauge("l1_bound", "Certified sum of the errors of all ranks of the newest generation."),
		sweeps:     gauge("sweeps", "Passes over all links that the newest generation took."),
		pending:    gauge("pending_events", "Records of the log that no generation includes, as last looked at."),
		memory:     gauge("next_run_memory_bytes", "Memory that the next run is estimated to take at most."),
		disk:       gauge("next_run_disk_bytes", "Disk that the next run is estimated to take at most, files and tables."),
		refused:    gauge("next_run_refused", "1 if the next run would be refused because it does not fit."),
		nextAt:     gauge("next_run_timestamp_seconds", "Time of the schedule's next run; in the past while that waits for one under way. 0 without a schedule."),
	}
	// An alert needs the zero.
	for _, s := range []State{Succeeded, Failed, Cancelled} {
		m.runs.WithLabelValues(string(s))
	}
	for _, p := range phases {
		m.work.WithLabelValues(string(p))
	}
	m.enter(phaseIdle)
	if r == nil {
		return m, nil
	}
	for _, c := range append(all, m.phase, m.phaseSeconds) {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// saw takes in the newest generation.
func (m *metrics) saw(g *Generation) {
	m.generation.Set(float64(g.Number))
	m.asOf.Set(unix(g.AsOf))
	m.pages.Set(float64(g.Certificate.Pages))
	m.links.Set(float64(g.Links))
	m.epsilon.Set(g.Certificate.Epsilon())
	m.l1.Set(g.Certificate.L1())
	m.sweeps.Set(float64(g.Sweeps))
}

// expects takes in what the next run would take.
func (m *metrics) expects(e Estimate) {
	m.pending.Set(float64(e.Events))
	m.memory.Set(float64(e.Memory))
	m.disk.Set(float64(e.Files + e.Tables))
	m.refused.Set(0)
	if e.Refused != "" {
		m.refused.Set(1)
	}
}

// enter says which phase the runner is in.
func (m *metrics) enter(now Phase) {
	for _, p := range append([]Phase{phaseIdle}, phases...) {
		m.phase.WithLabelValues(string(p)).Set(0)
	}
	m.phase.WithLabelValues(string(now)).Set(1)
	if now == phaseIdle {
		m.progress.Set(0)
	}
}

func unix(t time.Time) float64 { return float64(t.UnixNano()) / float64(time.Second) }
