package chaos

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// leaseTime is after how long without a word a lease is another's, with a margin.
const leaseTime = 40 * time.Second

// TestFaultsOfLeases pauses the active one of two, as a stop of its machine does, until
// the other has taken over, and lets it go on.
func TestFaultsOfLeases(t *testing.T) {
	w := newWatch(t, chosenSeed())
	paused := func(pattern string, speed func(t *testing.T, w *watch)) func(*testing.T, *watch) {
		return func(t *testing.T, w *watch) { w.replacePaused(t, pattern, speed) }
	}
	w.try(t, []trial{
		{"batch paused while it archives and speed at rest, past their leases, and back",
			paused("\x00\x00\x00\x07archive", func(_ *testing.T, w *watch) { w.speed.pause() })},
		{"batch paused before it moves the pointer and speed in a transaction, past their leases, and back",
			paused("insert into batch_pointer", func(t *testing.T, w *watch) {
				// It holds a lock on the lease until Postgres ends it.
				on(w.speed.db, "commit", true, func() { w.speed.db.stall(true, false); w.speed.pause() }).wait(t, w, "a publication")
			})},
		{"batch paused while it folds, past its lease, and back", paused("\x00\x00\x00\x04fold", nil)},
		{"batch paused while it ranks, past its lease, and back", paused("\x00\x00\x00\x04rank", nil)},
	})
}

// replacePaused pauses the batch runner when it sends the pattern, and the speed layer too
// unless that is nil. The other runner does what there is to be done, twice: when the
// first comes back, it has a generation of the same number in hand, and files.
func (w *watch) replacePaused(t *testing.T, pattern string, speed func(*testing.T, *watch)) {
	// A new process, which sends the statements that are waited for as text once more.
	last := w.epoch(t, "batch")
	w.batch.stop(t)
	w.batch.start(t)
	w.within(t, leaseTime, "the batch runner to be active", func() bool { return w.epoch(t, "batch") > last })
	batch, follower := w.layer(t, "batch", w.batch.more...), w.layer(t, "speed")
	batch.start(t)
	follower.start(t)
	batchEpoch, speedEpoch, before := w.epoch(t, "batch"), w.epoch(t, "speed"), w.generations(t)
	m := on(w.batch.db, pattern, true, w.batch.pause)
	w.request(t)
	m.wait(t, w, pattern)
	if speed != nil {
		speed(t, w)
	}
	w.feed.hold() // what comes meanwhile would only have to be checked
	w.within(t, leaseTime, "the other batch runner to take over", func() bool { return w.epoch(t, "batch") > batchEpoch })
	if speed != nil {
		w.within(t, leaseTime, "the other speed layer to take over", func() bool { return w.epoch(t, "speed") > speedEpoch })
	}
	w.feed.release()
	for range 2 {
		w.request(t)
		w.generation(t)
	}
	w.fresh(t)
	w.speed.db.heal()
	w.speed.resume()
	w.batch.resume()
	time.Sleep(2 * time.Second) // for them to do harm
	if now := w.generations(t); now != before+2 {
		t.Errorf("%d generations after %d and two runs", now, before)
	}
	if now := w.epoch(t, "speed"); speed != nil && now != speedEpoch+1 {
		t.Errorf("epoch %d after %d: the one that was paused took the lease back", now, speedEpoch+1)
	}
	w.request(t)
	w.generation(t)
	batch.stop(t)
	follower.kill(t)
}

// epoch returns that of a layer's lease: it is raised by whoever takes it.
func (w *watch) epoch(t *testing.T, layer string) (n int64) {
	t.Helper()
	w.query(t, `SELECT epoch FROM `+layer+`_lease`, func(r pgx.Rows) error { return r.Scan(&n) })
	return n
}

// fresh waits until what has just come shows in the answers.
func (w *watch) fresh(t *testing.T) {
	t.Helper()
	begin := time.Now()
	w.await(t, "fresh answers", func() bool {
		now, err := w.api.status()
		return err == nil && now.AsOf.After(begin)
	})
}

// within is await with another limit.
func (w *watch) within(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	begin := time.Now()
	for !ok() {
		if time.Since(begin) > limit {
			w.explain(t)
			t.Fatalf("waited %v for %s", limit, what)
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Logf("%s: %.1f s", what, time.Since(begin).Seconds())
}
