package chaos

import (
	"testing"
	"time"
)

// TestFaultsOfSpeed ends the speed layer by kill -9 in the middle of what it does.
func TestFaultsOfSpeed(t *testing.T) {
	w := newWatch(t, chosenSeed())
	trials := []trial{
		{"kill -9 of speed just before COMMIT", func(t *testing.T, w *watch) {
			on(w.speed.db, "commit", true, w.speed.db.cut).wait(t, w, "a publication")
			w.speed.kill(t)
			w.speed.db.heal()
			w.speed.start(t)
		}},
		{"kill -9 of speed after COMMIT, its answer withheld", func(t *testing.T, w *watch) {
			on(w.speed.db, "commit", true, func() { w.speed.db.stall(false, true) }).wait(t, w, "a publication")
			time.Sleep(200 * time.Millisecond) // for Postgres to have done it
			w.speed.kill(t)
			w.speed.db.heal()
			w.speed.start(t)
		}},
		{"answer to COMMIT of speed lost, the process goes on", func(t *testing.T, w *watch) {
			on(w.speed.db, "commit", true, func() { w.speed.db.stall(false, true) }).wait(t, w, "a publication")
			time.Sleep(200 * time.Millisecond)
			w.speed.db.cut()
			w.speed.db.heal()
		}},
		{"kill -9 of speed before it has stored a dead letter", func(t *testing.T, w *watch) {
			on(w.speed.log, "no event", true, w.speed.log.cut).wait(t, w, "a record that is no event")
			w.speed.kill(t)
			w.speed.start(t)
		}},
		{"kill -9 of speed after it has stored a dead letter", func(t *testing.T, w *watch) {
			on(w.speed.log, "no event", true, func() { w.speed.log.stall(false, true) }).wait(t, w, "a record that is no event")
			time.Sleep(200 * time.Millisecond)
			w.speed.kill(t)
			w.speed.start(t)
		}},
	}
	// A rebase: told of a generation, staging the new view, and the commits after that.
	told := func(w *watch) moment { return on(w.speed.db, "freshrank_generation", false, nothing) }
	staging := func(w *watch, do func()) moment { return told(w).after(w.speed.db, `copy "speed_rank"`, true, do) }
	for name, begin := range map[string]func(w *watch) moment{
		"when it is told of a generation":     told,
		"when it stages the view of a rebase": func(w *watch) moment { return staging(w, w.speed.db.cut) },
		"at the first COMMIT after staging":   func(w *watch) moment { return staging(w, nothing).after(w.speed.db, "commit", true, w.speed.db.cut) },
		"at the second COMMIT after staging": func(w *watch) moment {
			return staging(w, nothing).after(w.speed.db, "commit", true, nothing).after(w.speed.db, "commit", true, w.speed.db.cut)
		},
		"after the second COMMIT after staging": func(w *watch) moment {
			return staging(w, nothing).after(w.speed.db, "commit", true, nothing).after(w.speed.db, "commit", true, func() { w.speed.db.stall(false, true) })
		},
	} {
		trials = append(trials, trial{"kill -9 of speed " + name, func(t *testing.T, w *watch) {
			m := begin(w)
			w.request(t)
			m.wait(t, w, "the rebase")
			time.Sleep(20 * time.Millisecond)
			w.speed.kill(t)
			w.speed.db.heal()
			w.generation(t)
			w.speed.start(t)
		}})
	}
	for name, begin := range map[string]func(w *watch) moment{
		"when it begins to read the log": func(w *watch) moment { return on(w.speed.log, "freshrank.links", false, nothing) },
		"when it stages its first view":  func(w *watch) moment { return on(w.speed.db, `copy "speed_rank"`, true, w.speed.db.cut) },
		"before it switches to its view": func(w *watch) moment {
			return on(w.speed.db, `copy "speed_rank"`, true, nothing).after(w.speed.db, "commit", true, nothing).after(w.speed.db, "commit", true, w.speed.db.cut)
		},
	} {
		trials = append(trials, trial{"kill -9 of speed at its start, " + name, func(t *testing.T, w *watch) {
			w.speed.kill(t)
			time.Sleep(500 * time.Millisecond) // for events to come meanwhile
			m := begin(w)
			w.speed.start(t)
			m.wait(t, w, "the start")
			w.speed.kill(t)
			w.speed.db.heal()
			w.speed.start(t)
		}})
	}
	trials = append(trials,
		trial{"two generations while speed is down", func(t *testing.T, w *watch) {
			w.speed.kill(t)
			for range 2 {
				w.request(t)
				w.generation(t)
			}
			time.Sleep(time.Second)
			w.speed.start(t)
		}},
		trial{"more generations than are kept while speed is down", func(t *testing.T, w *watch) {
			w.speed.kill(t)
			for range 5 {
				w.request(t)
				w.generation(t)
			}
			w.speed.start(t)
		}},
	)
	w.try(t, trials)
}

// TestFaultsOfServe ends the API by kill -9 while events wait for the log.
func TestFaultsOfServe(t *testing.T) {
	w := newWatch(t, chosenSeed())
	w.try(t, []trial{
		{"kill -9 of serve before the log has the events", func(t *testing.T, w *watch) {
			on(w.serve.log, `"specversion"`, true, w.serve.log.cut).wait(t, w, "events")
			w.serve.kill(t)
			w.serve.start(t)
		}},
		{"kill -9 of serve before the log's confirmation", func(t *testing.T, w *watch) {
			on(w.serve.log, `"specversion"`, true, func() { w.serve.log.stall(false, true) }).wait(t, w, "events")
			time.Sleep(200 * time.Millisecond)
			w.serve.kill(t)
			w.serve.start(t)
		}},
		{"confirmation of the log lost, serve goes on", func(t *testing.T, w *watch) {
			on(w.serve.log, `"specversion"`, true, func() { w.serve.log.stall(false, true) }).wait(t, w, "events")
			time.Sleep(200 * time.Millisecond)
			w.serve.log.cut()
			w.serve.log.heal()
		}},
		{"kill -9 of serve before it answers a client", func(t *testing.T, w *watch) {
			on(w.front, "202 Accepted", false, w.front.cut).wait(t, w, "an answer")
			w.serve.kill(t)
			w.front.heal()
			w.serve.start(t)
		}},
		{"restart of serve in good order", func(t *testing.T, w *watch) {
			w.serve.stop(t)
			w.serve.start(t)
		}},
	})
}
