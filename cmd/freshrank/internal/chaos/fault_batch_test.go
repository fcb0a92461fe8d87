package chaos

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestFaultsOfBatch ends the batch process by kill -9 in every phase of a run, and at
// every step of its publication.
func TestFaultsOfBatch(t *testing.T) {
	w := newWatch(t, chosenSeed())
	var trials []trial
	// Each phase begins with a statement that has its name as a parameter.
	for _, phase := range []string{"archive", "fold", "rank", "publish"} {
		for _, later := range []time.Duration{0, 10 * time.Millisecond} {
			name := "kill -9 of batch when it begins to " + phase
			if later > 0 {
				name = "kill -9 of batch 10 ms after it began to " + phase
			}
			parameter := string([]byte{0, 0, 0, byte(len(phase))}) + phase
			trials = append(trials, trial{name, func(t *testing.T, w *watch) {
				m := on(w.batch.db, parameter, true, nothing)
				w.request(t)
				m.wait(t, w, phase)
				time.Sleep(later)
				w.batch.kill(t)
				w.batch.start(t)
			}})
		}
	}
	// The transaction of a publication: what it sends, and what must have become of it.
	for _, step := range []struct{ name, pattern string }{
		{"it copies rows", "copy batch_rank"},
		{"it indexes them", "add primary key (page)"},
		{"the generation is recorded", "insert into batch_generation"},
		{"the pointer is moved", "insert into batch_pointer"},
		{"readers are told", "select pg_notify"},
	} {
		trials = append(trials, trial{"kill -9 of batch just before " + step.name, func(t *testing.T, w *watch) {
			before := w.generations(t)
			m := on(w.batch.db, step.pattern, true, w.batch.db.cut)
			w.request(t)
			m.wait(t, w, step.name)
			w.batch.kill(t)
			w.batch.db.heal()
			if now := w.generations(t); now != before {
				t.Errorf("a generation was published without COMMIT")
			}
			w.batch.start(t)
		}})
	}
	trials = append(trials,
		trial{"kill -9 of batch just before COMMIT", func(t *testing.T, w *watch) {
			before := w.generations(t)
			m := on(w.batch.db, "insert into batch_pointer", true, nothing).after(w.batch.db, "commit", true, w.batch.db.cut)
			w.request(t)
			m.wait(t, w, "COMMIT")
			w.batch.kill(t)
			w.batch.db.heal()
			if now := w.generations(t); now != before {
				t.Errorf("a generation was published without COMMIT")
			}
			w.batch.start(t)
		}},
		trial{"kill -9 of batch after COMMIT, its answer withheld", func(t *testing.T, w *watch) {
			before := w.generations(t)
			m := on(w.batch.db, "insert into batch_pointer", true, nothing).after(w.batch.db, "commit", true, func() { w.batch.db.stall(false, true) })
			w.request(t)
			m.wait(t, w, "COMMIT")
			w.await(t, "the generation", func() bool { return w.generations(t) == before+1 })
			w.batch.kill(t)
			w.batch.db.heal()
			w.batch.start(t)
		}},
		trial{"answer to COMMIT of batch lost, the process goes on", func(t *testing.T, w *watch) {
			before := w.generations(t)
			m := on(w.batch.db, "insert into batch_pointer", true, nothing).after(w.batch.db, "commit", true, func() { w.batch.db.stall(false, true) })
			w.request(t)
			m.wait(t, w, "COMMIT")
			w.await(t, "the generation", func() bool { return w.generations(t) == before+1 })
			w.batch.db.cut()
			w.batch.db.heal()
			if states := w.states(t); states["succeeded"] == 0 || states["running"] > 0 {
				t.Errorf("runs: %v", states)
			}
		}},
	)
	w.try(t, trials)
}

// generations returns how many have been published.
func (w *watch) generations(t *testing.T) (n int) {
	t.Helper()
	w.query(t, `SELECT count(*) FROM batch_generation`, func(r pgx.Rows) error { return r.Scan(&n) })
	return n
}

// states returns the number of runs by state.
func (w *watch) states(t *testing.T) map[string]int {
	t.Helper()
	all := map[string]int{}
	w.query(t, `SELECT state, count(*) FROM batch_run GROUP BY state`, func(r pgx.Rows) error {
		var state string
		var n int
		err := r.Scan(&state, &n)
		all[state] = n
		return err
	})
	return all
}
