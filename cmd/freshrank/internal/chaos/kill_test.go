package chaos

import (
	"testing"
	"time"
)

// TestKill ends each process by kill -9 under the feed.
func TestKill(t *testing.T) {
	w := newWatch(t, chosenSeed())
	w.report(t, "nothing", w.examine(t), 0)
	for _, l := range w.layers() {
		w.breaking()
		l.kill(t)
		time.Sleep(300 * time.Millisecond)
		l.start(t)
		w.report(t, "kill "+l.name, w.examine(t), 0)
	}
	w.breaking()
	w.pg.kill(t)
	w.pg.restart(t)
	w.report(t, "kill Postgres", w.examine(t), 0)
	w.breaking()
	w.log.kill(t)
	w.log.restart(t)
	w.report(t, "kill log", w.examine(t), 0)
}
