package batch

import (
	"context"
	"log/slog"
)

// said logs a state that is looked at again and again only when it changes.
type said struct {
	log  *slog.Logger
	last string
}

func (s *said) info(ctx context.Context, message string) {
	if s.last != message {
		s.last = message
		s.log.InfoContext(ctx, message)
	}
}

func (s *said) warn(ctx context.Context, message string, err error) {
	if text := message + ": " + err.Error(); s.last != text {
		s.last = text
		s.log.WarnContext(ctx, message, "error", err)
	}
}

// quiet says that all is well again.
func (s *said) quiet() { s.last = "" }
