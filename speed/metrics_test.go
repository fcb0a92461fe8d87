package speed

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// TestFreshnessMetric: every publication tells how old answers had become before it.
func TestFreshnessMetric(t *testing.T) {
	now := time.Unix(1000, 0)
	reg := prometheus.NewRegistry()
	m := newMetrics(reg, func() time.Time { return now })
	publish := func(asOf time.Time) { m.published(Publication{Header: Header{AsOf: asOf}}, time.Millisecond) }
	publish(now) // before it there was nothing
	now = now.Add(4 * time.Second)
	publish(now.Add(-time.Second))
	now = now.Add(6 * time.Second)
	publish(now)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "freshrank_speed_freshness_seconds" {
			continue
		}
		if h := f.Metric[0].GetHistogram(); h.GetSampleCount() != 2 || h.GetSampleSum() != 4+7 {
			t.Errorf("%d ages, together %v, want 2 and 11", h.GetSampleCount(), h.GetSampleSum())
		}
		return
	}
	t.Error("no such metric")
}
