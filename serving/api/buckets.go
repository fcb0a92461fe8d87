package api

import (
	"math"
	"sync"
	"time"
)

// buckets limit how often each key is used, each by a token bucket: a request
// takes a token, and tokens come back at the key's rate, up to a second's worth
// but at least one. Only valid keys have a bucket, so strangers cannot make any.
// Each process counts for itself.
type buckets struct {
	mu sync.Mutex
	of map[int64]bucket // by key
}

type bucket struct {
	tokens float64
	at     time.Time // when there were that many
}

// take takes a token of the key's bucket, and returns 0, or how long it takes
// until there is one. rate is in tokens a second, > 0.
func (b *buckets) take(key int64, rate float64, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	full := max(rate, 1)
	have, ok := b.of[key]
	if !ok {
		have = bucket{full, now}
		if b.of == nil {
			b.of = map[int64]bucket{}
		}
	}
	tokens := min(full, have.tokens+rate*max(now.Sub(have.at), 0).Seconds())
	var wait time.Duration
	if tokens >= 1 {
		tokens--
	} else {
		wait = time.Duration(min(math.Ceil((1-tokens)/rate*1e9), float64(24*time.Hour)))
	}
	b.of[key] = bucket{tokens, now}
	return wait
}
