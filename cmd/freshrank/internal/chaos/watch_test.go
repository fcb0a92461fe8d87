package chaos

import (
	"testing"
	"time"
)

// watch is a system under a live feed, and what is known of it.
type watch struct {
	*stack
	ledger  *ledger
	feed    *feed
	sampler *sampler
	truth   *truth
	faults  *faultList
	probes  int
	read    map[string]bool // files of the archive
	remade  map[int64]bool  // generations whose graph is not made of the last one: they fold events again
}

// newWatch sets up a system and lets feed and readers go, where there is time for it.
func newWatch(t *testing.T, seed uint64) *watch {
	t.Helper()
	onlyFull(t)
	return begin(t, seed)
}

func begin(t *testing.T, seed uint64) *watch {
	t.Helper()
	s := newStack(t)
	w := &watch{stack: s, ledger: newLedger(s.web), faults: &faultList{}, truth: newTruth(s.web, s.topic), read: map[string]bool{}, remade: map[int64]bool{}}
	w.feed = newFeed(t, s, w.ledger, w.faults, seed)
	w.sampler = newSampler(t, s, w.ledger, w.faults, seed)
	w.feed.release()
	w.sampler.release()
	return w
}

// breaking says that faults are excused from now on, until examine has found that all
// is well again.
func (w *watch) breaking() { w.faults.trouble.Store(true) }

// report prints a verdict as a line.
func (w *watch) report(t *testing.T, what string, v *verdict, took time.Duration) {
	t.Helper()
	t.Logf("%s: recovered in %.2f s (%.1f s in all); %d acknowledged, %d intervals of %d states (%d were published); lost %d, doubled %d, untrue %d",
		what, v.recovery.Seconds(), took.Seconds(), v.acked, v.intervals, v.states, v.published, v.lost, v.doubled, v.untrue)
	for _, f := range v.faults[:min(len(v.faults), 10)] {
		t.Errorf("%.2000s", f)
	}
	if !v.ok() {
		w.explain(t)
	}
}
