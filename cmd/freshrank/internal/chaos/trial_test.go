package chaos

import (
	"testing"
	"time"
)

// trial is a fault at an exact moment.
type trial struct {
	name string
	// do breaks something and starts again what it has killed; connections are healed for
	// it. t is the test that processes live as long as.
	do func(t *testing.T, w *watch)
}

// try has a system suffer faults one by one, and holds it to everything after each.
func (w *watch) try(t *testing.T, trials []trial) {
	results := table{}
	for _, f := range trials {
		t.Run(f.name, func(sub *testing.T) {
			begin := time.Now()
			w.breaking()
			f.do(t, w)
			for _, l := range w.layers() {
				l.db.forget()
				l.log.forget()
			}
			w.heal()
			v := w.examine(sub)
			w.report(sub, f.name, v, time.Since(begin))
			results.add(f.name, v)
		})
	}
	results.print(t)
}

// moment is a point in a connection's traffic that a test waits for.
type moment chan struct{}

// on returns the moment at which bytes that hold the pattern arrive at a proxy; do is
// called before they are passed on.
func on(p *proxy, pattern string, up bool, do func()) moment {
	m := make(moment)
	p.when(pattern, up, func() {
		do()
		close(m)
	})
	return m
}

// after is on, once before has come.
func (before moment) after(p *proxy, pattern string, up bool, do func()) moment {
	m := make(moment)
	go func() {
		<-before
		p.when(pattern, up, func() {
			do()
			close(m)
		})
	}()
	return m
}

func nothing() {}

// wait waits for the moment.
func (m moment) wait(t *testing.T, w *watch, what string) {
	t.Helper()
	select {
	case <-m:
	case <-time.After(patience):
		w.explain(t)
		t.Fatalf("waited %v for %s", patience, what)
	}
}

// request asks for a batch run.
func (w *watch) request(t *testing.T) {
	t.Helper()
	w.await(t, "a batch run to be taken", func() bool {
		r, err := w.api.send("POST", "/v1/batch/runs", "application/json", []byte("{}"))
		return err == nil && r.status == 202
	})
}

// generation waits until a run that was asked for has published its generation.
func (w *watch) generation(t *testing.T) int64 {
	t.Helper()
	var now status
	w.await(t, "the batch run to end", func() bool {
		open, err := w.api.openRun()
		if err != nil || open {
			return false
		}
		now, err = w.api.status()
		return err == nil
	})
	return now.Newest
}
