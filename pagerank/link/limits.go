package link

import "time"

// Limits bound what an event may be. All parts of one deployment must have the
// same: what one refuses, the others must not count.
type Limits struct {
	MaxLinks      int           // links of one page.crawled, as given
	MaxURLBytes   int           // of a URL, as given and canonical
	MaxEventBytes int           // of an event, as given and as [Encode] writes it
	MaxFuture     time.Duration // how far an event's time may lie after its arrival
}

// DefaultLimits returns the limits of a deployment that sets none.
func DefaultLimits() Limits {
	return Limits{MaxLinks: 5000, MaxURLBytes: 2048, MaxEventBytes: 8 << 20, MaxFuture: 10 * time.Minute}
}

// Lengths that no configuration changes: events are compared by id, and both
// stand in every archived record.
const (
	maxIDBytes     = 256
	maxSourceBytes = 2048
)

// Events' times lie after [Imported] and fit into int64 nanoseconds.
var (
	minTime = time.Unix(1, 0).UTC()
	maxTime = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC)
)
