package speed

import (
	"testing"
	"time"

	"freshrank/pagerank/link"
)

func TestFreshness(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0).UTC() }
	var f freshness
	if got := f.claim(link.Offsets{5}); !got.IsZero() {
		t.Errorf("nothing is known: as_of %v", got)
	}
	f.observe(decoded{end: link.Offsets{10, 20}, at: at(100), last: []time.Time{at(50), at(60)}})
	f.observe(decoded{end: link.Offsets{9, 20}, at: at(99)}) // overtaken on its way
	for _, c := range []struct {
		applied link.Offsets
		want    time.Time
		why     string
	}{
		{link.Offsets{10, 20}, at(100), "at the end: when it was read"},
		{link.Offsets{11, 25}, at(100), "past the end that was seen"},
		{link.Offsets{9, 20}, at(50), "partition 0 lags: its newest record"},
		{link.Offsets{10, 19}, at(60), "partition 1 lags"},
		{link.Offsets{1, 1}, at(50), "both lag: the older one"},
		{nil, at(50), "nothing applied"},
	} {
		if got := f.claim(c.applied); !got.Equal(c.want) {
			t.Errorf("%s: as_of %v, want %v", c.why, got, c.want)
		}
	}
	// A partition that lags before any record of it was seen says nothing.
	f.observe(decoded{end: link.Offsets{10, 20, 1}, at: at(101)})
	if got := f.claim(link.Offsets{10, 20}); !got.IsZero() {
		t.Errorf("unseen partition: as_of %v", got)
	}
	// A producer's clock that is ahead does not lead as_of past now.
	f.observe(decoded{end: link.Offsets{12, 20, 0}, at: at(102), last: []time.Time{at(999)}})
	if got := f.claim(link.Offsets{11, 20}); !got.Equal(at(102)) {
		t.Errorf("clock ahead: as_of %v", got)
	}
}
