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
	f.observe(decoded{next: link.Offsets{3}}, nil) // records before the end is known
	f.observe(decoded{end: link.Offsets{10, 20}, at: at(100)}, nil)
	f.observe(decoded{end: link.Offsets{9, 20}, at: at(99)}, nil) // overtaken on its way
	f.observe(decoded{next: link.Offsets{2, 7}, end: link.Offsets{10, 20}, at: at(101)}, nil)
	f.observe(decoded{end: link.Offsets{12, 20}, at: at(102)}, nil)
	for _, c := range []struct {
		applied link.Offsets
		want    time.Time
		why     string
	}{
		{link.Offsets{9, 20}, time.Time{}, "never did the log end there"},
		{link.Offsets{10, 19}, time.Time{}, "one partition lags"},
		{link.Offsets{10, 20}, at(101), "the last moment at which that was the end"},
		{link.Offsets{11, 25}, at(101), "between two ends"},
		{link.Offsets{12, 20}, at(102), "the end"},
		{link.Offsets{15, 25, 1}, at(102), "past the end that was seen"},
	} {
		if got := f.claim(c.applied); !got.Equal(c.want) {
			t.Errorf("%s: as_of %v, want %v", c.why, got, c.want)
		}
	}
	if !f.read.Equal(link.Offsets{3, 7}) || !f.end().Equal(link.Offsets{12, 20}) {
		t.Errorf("read to %v, end %v", f.read, f.end())
	}
	f.observe(decoded{}, link.Offsets{10, 20})
	if len(f.ends) != 2 || !f.claim(link.Offsets{10, 20}).Equal(at(101)) {
		t.Errorf("what is covered is not forgotten, or too much is: %v", f.ends)
	}
}

// A lasting backlog takes no lasting memory, and makes as_of coarser, not wrong.
func TestFreshnessOfALongBacklog(t *testing.T) {
	const looks = 100_000
	var f freshness
	for i := range int64(looks) {
		f.observe(decoded{end: link.Offsets{i}, at: time.Unix(i, 0)}, nil)
	}
	if len(f.ends) > 12*resolution || f.end().At(0) != looks-1 {
		t.Errorf("%d looks are kept, the last at %v", len(f.ends), f.end())
	}
	for applied := int64(0); applied < looks; applied += 97 {
		if got := f.claim(link.Offsets{applied}).Unix(); got > applied || got < applied-2*looks/resolution {
			t.Fatalf("applied up to %d: as_of %d", applied, got)
		}
	}
}
