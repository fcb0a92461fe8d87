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
	w.try(t, []trial{
		{"speed paused past its lease, and back", func(t *testing.T, w *watch) {
			other := w.layer(t, "speed")
			other.start(t)
			epoch := w.epoch(t, "speed")
			w.speed.pause()
			w.within(t, leaseTime, "the other speed layer to take over", func() bool { return w.epoch(t, "speed") > epoch })
			w.fresh(t)
			w.speed.resume()
			time.Sleep(2 * time.Second) // for it to do harm
			if now := w.epoch(t, "speed"); now != epoch+1 {
				t.Errorf("epoch %d after %d: the one that was paused took the lease back", now, epoch+1)
			}
			w.fresh(t)
			other.stop(t)
		}},
		{"speed paused in a transaction, past its lease, and back", func(t *testing.T, w *watch) {
			other := w.layer(t, "speed")
			other.start(t)
			epoch := w.epoch(t, "speed")
			// The transaction holds a lock on the lease until Postgres ends it.
			on(w.speed.db, "commit", true, func() { w.speed.db.stall(true, false); w.speed.pause() }).wait(t, w, "a publication")
			w.within(t, leaseTime, "the other speed layer to take over", func() bool { return w.epoch(t, "speed") > epoch })
			w.speed.db.heal()
			w.speed.resume()
			w.fresh(t)
			other.kill(t)
		}},
		{"batch paused while it archives, past its lease, and back", pausedBatch("\x00\x00\x00\x07archive")},
		{"batch paused while it folds, past its lease, and back", pausedBatch("\x00\x00\x00\x04fold")},
		{"batch paused while it ranks, past its lease, and back", pausedBatch("\x00\x00\x00\x04rank")},
		{"batch paused before it moves the pointer, past its lease, and back", pausedBatch("insert into batch_pointer")},
	})
}

// pausedBatch pauses the runner when it sends the pattern. The other one does what there is
// to be done, twice: when the first comes back, it has a generation of another number in
// hand, and files.
func pausedBatch(pattern string) func(t *testing.T, w *watch) {
	return func(t *testing.T, w *watch) {
		other := w.layer(t, "batch", "--schedule", "off", "--nice", "0")
		other.start(t)
		epoch, before := w.epoch(t, "batch"), w.generations(t)
		m := on(w.batch.db, pattern, true, w.batch.pause)
		w.request(t)
		m.wait(t, w, pattern)
		w.within(t, leaseTime, "the other batch runner to take over", func() bool { return w.epoch(t, "batch") > epoch })
		w.request(t)
		w.generation(t)
		w.request(t)
		w.generation(t)
		w.batch.resume()
		time.Sleep(2 * time.Second) // for it to do harm
		if now := w.generations(t); now != before+2 {
			t.Errorf("%d generations after %d and two runs", now, before)
		}
		w.request(t)
		w.generation(t)
		other.stop(t)
	}
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
