package feed

import (
	"context"
	"log/slog"
	"sync"
)

// health logs when the log becomes unreachable and when all of it is back, not
// every try in between.
type health struct {
	log     *slog.Logger
	brokers string

	mu      sync.Mutex
	failing map[string]bool // what fails now
}

func (h *health) bad(ctx context.Context, what string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.failing) == 0 {
		h.log.ErrorContext(ctx, "log is unreachable, trying on", "brokers", h.brokers, "attempt", what, "error", err)
	}
	h.failing[what] = true
}

func (h *health) good(ctx context.Context, what string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.failing[what] {
		return
	}
	delete(h.failing, what)
	if len(h.failing) == 0 {
		h.log.InfoContext(ctx, "log is reachable again", "brokers", h.brokers)
	}
}
