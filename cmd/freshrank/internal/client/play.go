package client

import (
	"context"
	"time"
)

// playEvery is how often events are sent.
const playEvery = 100 * time.Millisecond

// Play sends what next makes at an even rate, in events a second, until ctx is done
// or next or tell, which hears of each request, returns an error.
func (c *Client) Play(ctx context.Context, rate float64, next func(now time.Time) ([]byte, error), tell func(sent int, r Receipt, err error) error) error {
	tick := time.NewTicker(playEvery)
	defer tick.Stop()
	owed, last := 0.0, time.Now()
	for {
		var now time.Time
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now = <-tick.C:
		}
		owed, last = owed+rate*now.Sub(last).Seconds(), now
		var events [][]byte
		for ; owed >= 1; owed-- {
			text, err := next(now)
			if err != nil {
				return err
			}
			events = append(events, text)
		}
		if len(events) == 0 {
			continue
		}
		r, err := c.Events(ctx, events)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := tell(len(events), r, err); err != nil {
			return err
		}
	}
}
