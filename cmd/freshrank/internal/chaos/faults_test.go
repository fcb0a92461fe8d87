package chaos

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// fault is something that goes wrong for a while.
type fault struct {
	kind, target string
	at, length   time.Duration // from the schedule's beginning; until it is mended
	begin, end   func(*testing.T)
}

func (f fault) name() string {
	if f.target == "" {
		return f.kind
	}
	return f.kind + " " + f.target
}

func (f fault) String() string {
	return fmt.Sprintf("%s at %.2f s for %.2f s", f.name(), f.at.Seconds(), f.length.Seconds())
}

// node is what runs as a process of its own.
type node struct {
	name              string
	kill, stop, start func(*testing.T)
}

func (w *watch) nodes() []node {
	nodes := []node{
		{"Postgres", w.pg.kill, w.pg.stop, w.pg.restart},
		{"log", w.log.kill, w.log.stop, w.log.restart},
	}
	for _, l := range w.layers() {
		nodes = append(nodes, node{l.name, l.kill, l.stop, l.start})
	}
	return nodes
}

// connections are the proxies by what they join.
func (w *watch) connections() map[string]*proxy {
	all := map[string]*proxy{"clients–serve": w.front}
	for _, l := range w.layers() {
		all[l.name+"–Postgres"], all[l.name+"–log"] = l.db, l.log
	}
	return all
}

// draw draws a schedule of one to four faults. No two are of one process, or of one
// connection.
func (w *watch) draw(rng *rand.Rand) []fault {
	var schedule []fault
	used := map[string]bool{}
	for n := 1 + rng.IntN(4); len(schedule) < n; {
		f := w.drawOne(rng)
		if used[f.target+f.taken()] {
			continue
		}
		used[f.target+f.taken()] = true
		f.at = time.Duration(rng.IntN(1000)) * time.Millisecond
		f.length = time.Duration(100+rng.IntN(1200)) * time.Millisecond
		schedule = append(schedule, f)
	}
	return schedule
}

// taken tells faults without a target apart.
func (f fault) taken() string {
	if f.target == "" {
		return f.kind
	}
	return ""
}

func (w *watch) drawOne(rng *rand.Rand) fault {
	switch k := rng.IntN(100); {
	case k < 30:
		n := w.nodes()[rng.IntN(5)]
		return fault{kind: "kill -9", target: n.name, begin: n.kill, end: n.start}
	case k < 38:
		n := w.nodes()[rng.IntN(5)]
		return fault{kind: "restart", target: n.name, begin: n.stop, end: n.start}
	case k < 46:
		l := w.layers()[rng.IntN(3)]
		return fault{kind: "pause", target: l.name, begin: func(*testing.T) { l.pause() }, end: func(*testing.T) { l.resume() }}
	case k < 54:
		l := w.layers()[1+rng.IntN(2)]
		return w.replaced(l, rng.IntN(2) == 0)
	case k < 60:
		return w.second(w.layers()[1+rng.IntN(2)], rng.IntN(2) == 0)
	case k < 70:
		return fault{kind: "batch run", begin: func(t *testing.T) { w.requestRun() }, end: func(*testing.T) {}}
	default:
		return w.drawConnection(rng)
	}
}

// drawConnection breaks a connection.
func (w *watch) drawConnection(rng *rand.Rand) fault {
	all := w.connections()
	names := []string{"clients–serve", "serve–Postgres", "serve–log", "speed–Postgres", "speed–log", "batch–Postgres", "batch–log"}
	f := fault{target: names[rng.IntN(len(names))]}
	p := all[f.target]
	how := map[string]func(){
		"cut":        p.cut,
		"stall up":   func() { p.stall(true, false) },
		"stall down": func() { p.stall(false, true) },
		"slow":       func() { p.slow(20*time.Millisecond, 200_000) },
	}
	f.kind = []string{"cut", "stall up", "stall down", "slow"}[rng.IntN(4)]
	begin := how[f.kind]
	f.begin, f.end = func(*testing.T) { begin() }, func(*testing.T) { p.heal() }
	return f
}

// replaced pauses a layer for longer than its lease lasts, for its connection is lost
// meanwhile: another takes over, and is there when the first goes on.
func (w *watch) replaced(l *layer, kill bool) fault {
	other := w.second(l, kill)
	return fault{
		kind: "replace", target: l.name,
		begin: func(t *testing.T) { l.pause(); l.db.cut(); other.begin(t) },
		end:   func(t *testing.T) { l.db.heal(); l.resume(); other.end(t) },
	}
}

// second starts another process of a layer, and ends it again.
func (w *watch) second(l *layer, kill bool) fault {
	var other *layer
	return fault{
		kind: "second", target: l.name,
		begin: func(t *testing.T) {
			other = w.layer(t, l.name, l.more...)
			other.start(t)
		},
		end: func(t *testing.T) {
			if kill {
				other.kill(t)
			} else {
				other.stop(t)
			}
		},
	}
}

// requestRun asks for a batch run; that there is one already is an answer.
func (w *watch) requestRun() {
	r, err := w.api.send("POST", "/v1/batch/runs", "", nil)
	switch {
	case err != nil:
		w.faults.failed("POST /v1/batch/runs: %v", err)
	case r.broken() != "":
		w.faults.add("POST /v1/batch/runs: %s", r.broken())
	case r.status != 202 && r.status != 409 && r.status != 503 && r.status != 504:
		w.faults.add("POST /v1/batch/runs: %d: %s", r.status, r.body)
	}
}
