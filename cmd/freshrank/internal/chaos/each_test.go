package chaos

import (
	"testing"
	"time"
)

// TestEach has each kind of fault that schedules are drawn from happen to everything it
// can happen to, one by one; half-open connections are TestFaultsOfNetwork's.
func TestEach(t *testing.T) {
	w, results := newWatch(t, chosenSeed()), table{}
	var faults []fault
	for _, n := range w.nodes() {
		faults = append(faults, n.killed(), n.restarted())
	}
	for _, l := range w.layers() {
		faults = append(faults, l.paused())
		if l != w.serve {
			faults = append(faults, w.second(l, false), w.replaced(l, true))
		}
	}
	for _, c := range w.connections() {
		for way := range ways {
			if !ways[way].half {
				faults = append(faults, c.broken(way))
			}
		}
	}
	for i, f := range faults {
		f.length = 700 * time.Millisecond
		if i%3 == 0 { // now and then something is to be handed over
			w.requestRun()
		}
		w.suffer(t, f.name(), []fault{f}, results)
		if t.Failed() {
			break
		}
	}
	results.print(t)
}
