package batch

import "testing"

// TestFoldProgress: in one pass or several, progress moves on evenly and does not go back.
func TestFoldProgress(t *testing.T) {
	const events, rows = 1000, 100
	for _, pass := range []int64{events, 300, 10} {
		far, last, greatest := folding{total: events}, 0.0, 0.0
		see := func(part float64) {
			if part < last {
				t.Fatalf("passes of %d events: %g after %g", pass, part, last)
			}
			last, greatest = part, max(greatest, part-last)
		}
		for n := int64(1); n <= events; n++ {
			see(far.applied(n))
			if n%pass == 0 || n == events {
				for done := int64(1); done <= rows; done++ {
					see(far.merged(n, fraction(done, rows)))
				}
			}
		}
		if diff := last - (applying + merging); diff < -1e-9 || diff > 1e-9 || greatest > 0.01 {
			t.Errorf("passes of %d events: ends at %g, and jumps by %g", pass, last, greatest)
		}
	}
}
