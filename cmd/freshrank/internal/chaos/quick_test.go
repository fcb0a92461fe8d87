package chaos

import "testing"

// TestQuick is what `make test` has time for: a few schedules, and that the checks have
// power.
func TestQuick(t *testing.T) {
	if testing.Short() {
		t.Skip("sets up a whole system")
	}
	if *full {
		t.Skip("TestSchedules does more")
	}
	w, results := begin(t, chosenSeed()), table{}
	t.Logf("seed %d", *seed)
	for i := range 2 {
		w.schedule(t, *seed+uint64(i), i+1, results)
	}
	if !t.Failed() {
		w.power(t)
	}
}
