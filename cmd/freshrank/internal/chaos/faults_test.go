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

// connection is a proxy and what it joins.
type connection struct {
	name string
	*proxy
}

func (w *watch) connections() []connection {
	all := []connection{{"clients–serve", w.front}}
	for _, l := range w.layers() {
		all = append(all, connection{l.name + "–Postgres", l.db}, connection{l.name + "–log", l.log})
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
	nodes, layers := w.nodes(), w.layers()
	switch k := rng.IntN(100); {
	case k < 30:
		return nodes[rng.IntN(len(nodes))].killed()
	case k < 38:
		return nodes[rng.IntN(len(nodes))].restarted()
	case k < 46:
		return layers[rng.IntN(len(layers))].paused()
	case k < 54:
		return w.replaced(layers[1+rng.IntN(2)], rng.IntN(2) == 0)
	case k < 60:
		return w.second(layers[1+rng.IntN(2)], rng.IntN(2) == 0)
	case k < 70:
		return fault{kind: "batch run", begin: func(*testing.T) { w.requestRun() }, end: func(*testing.T) {}}
	default:
		all := w.connections()
		return all[rng.IntN(len(all))].broken(rng.IntN(len(ways)))
	}
}

func (n node) killed() fault {
	return fault{kind: "kill -9", target: n.name, begin: n.kill, end: n.start}
}

func (n node) restarted() fault {
	return fault{kind: "restart", target: n.name, begin: n.stop, end: n.start}
}

func (l *layer) paused() fault {
	return fault{kind: "pause", target: l.name, begin: func(*testing.T) { l.pause() }, end: func(*testing.T) { l.resume() }}
}

// ways are those in which a connection breaks.
var ways = []struct {
	kind string
	half bool // half-open
	how  func(*proxy)
}{
	{"cut", false, (*proxy).cut},
	{"stall up", true, func(p *proxy) { p.stall(true, false) }},
	{"stall down", true, func(p *proxy) { p.stall(false, true) }},
	{"slow", false, func(p *proxy) { p.slow(20*time.Millisecond, 200_000) }},
}

func (c connection) broken(way int) fault {
	return fault{
		kind: ways[way].kind, target: c.name,
		begin: func(*testing.T) { ways[way].how(c.proxy) }, end: func(*testing.T) { c.heal() },
	}
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
