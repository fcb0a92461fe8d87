package boot

import (
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// poolMetrics tells what a pool of connections says of itself.
type poolMetrics struct {
	stat                                                func() *pgxpool.Stat
	conns, limit, acquired, waited, waitSecs, cancelled *prometheus.Desc
}

// PoolMetrics returns a collector of a pool's numbers, marked with its role.
func PoolMetrics(pool *pgxpool.Pool, role Role) prometheus.Collector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("freshrank_db_pool_"+name, help, labels, prometheus.Labels{"role": string(role)})
	}
	return &poolMetrics{
		stat:      pool.Stat,
		conns:     desc("connections", "Connections to Postgres, by state.", "state"),
		limit:     desc("max_connections", "Connections that the pool may open."),
		acquired:  desc("acquires_total", "Times that a connection was taken from the pool."),
		waited:    desc("waits_total", "Times that none was free and taking one had to wait."),
		waitSecs:  desc("wait_seconds_total", "Time spent waiting so."),
		cancelled: desc("cancelled_acquires_total", "Times that whoever waited gave up."),
	}
}

// Describe implements [prometheus.Collector].
func (p *poolMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{p.conns, p.limit, p.acquired, p.waited, p.waitSecs, p.cancelled} {
		out <- d
	}
}

// Collect implements [prometheus.Collector].
func (p *poolMetrics) Collect(out chan<- prometheus.Metric) {
	s := p.stat()
	gauge := func(d *prometheus.Desc, v int32, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), labels...)
	}
	counter := func(d *prometheus.Desc, v float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v)
	}
	gauge(p.conns, s.AcquiredConns(), "acquired")
	gauge(p.conns, s.IdleConns(), "idle")
	gauge(p.conns, s.ConstructingConns(), "constructing")
	gauge(p.limit, s.MaxConns())
	counter(p.acquired, float64(s.AcquireCount()))
	counter(p.waited, float64(s.EmptyAcquireCount()))
	counter(p.waitSecs, s.EmptyAcquireWaitTime().Seconds())
	counter(p.cancelled, float64(s.CanceledAcquireCount()))
}
