package chaos

import (
	"testing"
	"time"
)

// TestKill ends each process by kill -9 under the feed.
func TestKill(t *testing.T) {
	w := newWatch(t, chosenSeed())
	time.Sleep(time.Second)
	v := w.examine(t)
	w.report(t, "nothing", v)
	for _, l := range w.layers() {
		w.breaking()
		l.kill(t)
		time.Sleep(300 * time.Millisecond)
		l.start(t)
		w.report(t, "kill "+l.name, w.examine(t))
	}
	w.breaking()
	w.pg.kill(t)
	w.pg.restart(t)
	w.report(t, "kill Postgres", w.examine(t))
	w.breaking()
	w.log.kill(t)
	w.log.restart(t)
	w.report(t, "kill log", w.examine(t))
}

// report prints a verdict as a line.
func (w *watch) report(t *testing.T, what string, v *verdict) {
	t.Helper()
	t.Logf("%-40s recovered in %5.2f s, %5d acknowledged, %5d intervals of %3d states; lost %d, doubled %d, untrue %d",
		what, v.recovery.Seconds(), v.acked, v.intervals, v.states, v.lost, v.doubled, v.untrue)
	for _, f := range v.faults[:min(len(v.faults), 10)] {
		t.Errorf("%.2000s", f)
	}
	if v.ok() {
		return
	}
	w.explain(t)
}
