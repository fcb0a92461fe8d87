package chaos

import "testing"

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
}

// newWatch sets up a system and lets feed and readers go.
func newWatch(t *testing.T, seed uint64) *watch {
	t.Helper()
	s := newStack(t)
	w := &watch{stack: s, ledger: newLedger(s.web), faults: &faultList{}, truth: newTruth(s.web, s.topic), read: map[string]bool{}}
	w.feed = newFeed(t, s, w.ledger, w.faults, seed)
	w.sampler = newSampler(t, s, w.ledger, w.faults, seed)
	w.feed.release()
	w.sampler.release()
	return w
}

// breaking says that faults are excused from now on, until examine has found that all
// is well again.
func (w *watch) breaking() { w.faults.trouble.Store(true) }
