package speed

import (
	"context"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// faults counts every failed attempt and logs when one begins to fail, fails in
// another way, or works again: an outage is a few lines, not one a second.
type faults struct {
	log   *slog.Logger
	count *prometheus.CounterVec

	mu   sync.Mutex
	last map[string]string // attempt → its last error
}

// report takes in how an attempt went; attrs say of which generation and offsets,
// where that is known. What fails because ctx ended is no fault.
func (f *faults) report(ctx context.Context, attempt string, err error, attrs ...any) {
	if ctx.Err() != nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	last, failing := f.last[attempt]
	switch {
	case err == nil && failing:
		delete(f.last, attempt)
		f.log.InfoContext(ctx, "works again", append([]any{"attempt", attempt}, attrs...)...)
	case err != nil:
		f.count.WithLabelValues(attempt).Inc()
		if err.Error() != last {
			f.last[attempt] = err.Error()
			f.log.ErrorContext(ctx, "failed, trying again", append([]any{"attempt", attempt, "error", err}, attrs...)...)
		}
	}
}
