package chaos

import (
	"fmt"
	"testing"
	"time"
)

// TestFaultsOfNetwork stalls each direction of each connection, slows all of them down,
// and takes Postgres and the log away while every layer is at work.
func TestFaultsOfNetwork(t *testing.T) {
	w := newWatch(t, chosenSeed())
	var trials []trial
	for i, l := range []func() *layer{func() *layer { return w.serve }, func() *layer { return w.speed }, func() *layer { return w.batch }} {
		for _, half := range []struct {
			name     string
			up, down bool
		}{{"to", true, false}, {"from", false, true}} {
			for _, log := range []bool{false, true} {
				target := map[bool]string{false: "Postgres", true: "the log"}[log]
				name := fmt.Sprintf("nothing comes through %s %s of %s", half.name, target, []string{"serve", "speed", "batch"}[i])
				trials = append(trials, trial{name, func(t *testing.T, w *watch) {
					w.request(t) // so that batch is at work
					p := l().db
					if log {
						p = l().log
					}
					p.stall(half.up, half.down)
					time.Sleep(2 * time.Second)
					p.heal()
				}})
			}
		}
	}
	everywhere := func(do func(*proxy)) {
		for _, l := range w.layers() {
			do(l.db)
			do(l.log)
		}
	}
	trials = append(trials,
		trial{"slow network everywhere", func(t *testing.T, w *watch) {
			everywhere(func(p *proxy) { p.slow(20*time.Millisecond, 500_000) })
			w.front.slow(20*time.Millisecond, 500_000)
			w.request(t)
			w.generation(t)
		}},
		trial{"all connections cut again and again", func(t *testing.T, w *watch) {
			w.request(t)
			for range 5 {
				everywhere((*proxy).cut)
				time.Sleep(100 * time.Millisecond)
				everywhere((*proxy).heal)
				time.Sleep(400 * time.Millisecond)
			}
		}},
		trial{"kill -9 of Postgres while batch copies", func(t *testing.T, w *watch) {
			m := on(w.batch.db, "add primary key (page)", true, nothing)
			w.request(t)
			m.wait(t, w, "COPY")
			w.pg.kill(t)
			w.pg.restart(t)
		}},
		trial{"restart of Postgres while speed rebases", func(t *testing.T, w *watch) {
			m := on(w.speed.db, "freshrank_generation", false, nothing)
			w.request(t)
			m.wait(t, w, "the rebase")
			w.pg.stop(t)
			time.Sleep(500 * time.Millisecond)
			w.pg.restart(t)
		}},
		trial{"kill -9 of the log while batch archives", func(t *testing.T, w *watch) {
			m := on(w.batch.db, "\x00\x00\x00\x07archive", true, nothing)
			w.request(t)
			m.wait(t, w, "archive")
			w.log.kill(t)
			time.Sleep(500 * time.Millisecond)
			w.log.restart(t)
		}},
		trial{"restart of the log while events are submitted", func(t *testing.T, w *watch) {
			on(w.serve.log, `"specversion"`, true, nothing).wait(t, w, "events")
			w.log.stop(t)
			time.Sleep(500 * time.Millisecond)
			w.log.restart(t)
		}},
		trial{"kill -9 of Postgres and the log together", func(t *testing.T, w *watch) {
			w.pg.kill(t)
			w.log.kill(t)
			time.Sleep(500 * time.Millisecond)
			w.log.restart(t)
			w.pg.restart(t)
		}},
		trial{"kill -9 of everything", func(t *testing.T, w *watch) {
			for _, l := range w.layers() {
				l.kill(t)
			}
			w.pg.kill(t)
			w.log.kill(t)
			w.log.restart(t)
			w.pg.restart(t)
			for _, l := range w.layers() {
				l.start(t)
			}
		}},
	)
	w.try(t, trials)
}
