package batch

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
)

// hourly ticks at every full hour; it stands for package schedule, which imports
// this one's users only.
type hourly struct{}

func (hourly) Next(t time.Time) time.Time { return t.Truncate(time.Hour).Add(time.Hour) }

func withSchedule(o *Options) { o.Schedule = hourly{} }

func TestSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // begins at midnight of 2000-01-01
		h := newHouse(t, withSchedule)
		midnight := time.Now().UTC()
		at := func(i int) time.Duration { return h.view.runs[i].ScheduledFor.Sub(midnight) }
		h.during(func() {
			wait(90 * time.Minute)
			h.want("") // nothing to rank: a tick passes without a failure
			h.log.crawl(pageA, pageB)
			wait(10 * time.Minute) // 01:40
			h.want("first:succeeded")
			wait(2 * time.Hour) // 03:40
			h.want("first:succeeded cron:succeeded cron:succeeded")
			if at(1) != 2*time.Hour || at(2) != 3*time.Hour {
				t.Errorf("ticks %v, %v", at(1), at(2))
			}
		})
		// Down from 03:40 to 09:20: six ticks are missed, one run makes up for them.
		wait(5*time.Hour + 40*time.Minute)
		h.during(func() {
			wait(time.Second)
			h.want("first:succeeded cron:succeeded cron:succeeded cron:succeeded")
			if at(3) != 4*time.Hour {
				t.Errorf("the run that catches up is for %v, want the first missed tick", at(3))
			}
			wait(30 * time.Minute) // 09:50
			h.want("first:succeeded cron:succeeded cron:succeeded cron:succeeded")
		})
		// A restart between ticks catches nothing up.
		h.during(func() { wait(5 * time.Minute) })
		h.want("first:succeeded cron:succeeded cron:succeeded cron:succeeded")
	})
}

func TestScheduleNeverOverlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, withSchedule)
		h.log.crawl(pageA, pageB)
		h.during(func() {
			wait(time.Minute)
			release := make(chan struct{})
			h.change(func() { h.view.publish = func() error { <-release; return nil } })
			h.request()
			wait(3 * time.Hour)
			h.want("first:succeeded manual:running")
			h.change(func() { h.view.publish = nil })
			close(release)
			wait(time.Minute) // the first tick that passed is caught up, the others with it
			h.want("first:succeeded manual:succeeded cron:succeeded")
			wait(30 * time.Minute)
			h.want("first:succeeded manual:succeeded cron:succeeded")
		})
	})
}

func TestStopPutsTheRunBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.log.crawl(pageA, pageB)
		ctx, stop := context.WithCancel(t.Context())
		h.view.publish = func() error { stop(); return ctx.Err() }
		if err := h.Run(ctx); err != nil {
			t.Fatal(err)
		}
		h.want("first:queued")
		if len(h.files.graphs) != 0 {
			t.Error("files of the interrupted run are left")
		}
		h.view.publish = nil
		h.during(func() { wait(time.Second) })
		h.want("first:succeeded")
	})
}

func TestLostLeaseEndsTheRunAndTouchesNoFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.log.crawl(pageA, pageB)
		var ctx context.Context
		h.view.publish = func() error {
			h.change(func() {
				h.view.publish = nil
				h.view.held.drop()
			})
			<-ctx.Done() // as the transaction does, whose context ends with the lease
			return ctx.Err()
		}
		lease, err := h.view.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.request()
		guarded, end := guard(t.Context(), lease)
		defer end()
		ctx = guarded
		run, _, _ := h.view.Take(ctx, lease.Epoch())
		if got := h.execute(ctx, lease, run, Queued, nil); got.State != Failed || !strings.Contains(got.Error, ErrLeaseLost.Error()) {
			t.Errorf("run ended %s: %s", got.State, got.Error)
		}
		h.want("manual:running") // for the next holder to abandon
		if len(h.files.graphs) != 1 {
			t.Error("files were removed without the lease")
		}
		h.during(func() { wait(time.Second) })
		h.want("manual:failed first:succeeded")
		// Postgres never heard of generation 1, whose graph is complete: it is reused.
		if g := h.view.published[0]; g.Number != 2 || g.Certificate.Pages != 2 {
			t.Errorf("generation %d with %d pages", g.Number, g.Certificate.Pages)
		}
	})
}

func TestUnpublishedFilesAreRemovedAtTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.log.crawl(pageA, pageB)
		h.during(func() {
			wait(time.Second)
			h.change(func() { h.files.graphs[2], h.files.graphs[3] = h.files.graphs[1], memoryGraph{} }) // as a crash leaves them
			h.request()
			wait(time.Second)
		})
		h.want("first:succeeded manual:succeeded")
		if g := h.view.published[1]; g.Number != 2 || g.Certificate.Pages != 2 {
			t.Errorf("generation %d with %d pages", g.Number, g.Certificate.Pages)
		}
		// But not where the published graph is away: Postgres is the older of the two.
		h.files.graphs[5] = h.files.graphs[2]
		delete(h.files.graphs, 2)
		h.request()
		h.during(func() { wait(time.Second) })
		if g := h.view.published[2]; g.Number != 6 || g.Certificate.Pages != 2 {
			t.Errorf("generation %d with %d pages", g.Number, g.Certificate.Pages)
		}
	})
}

func TestLostAnswerToCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.log.crawl(pageA, pageB)
		h.view.publish = func() error { // commits, but says otherwise
			h.view.mu.Lock()
			defer h.view.mu.Unlock()
			h.view.runs[0].State = Succeeded
			h.view.published = append(h.view.published, Publication{Generation: Generation{Number: 1}})
			return errors.New("connection reset by peer")
		}
		h.during(func() { wait(time.Second) })
		h.want("first:succeeded")
		if len(h.files.graphs) != 1 {
			t.Error("the files of a published generation were removed")
		}
	})
}

func TestStandby(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		other, err := h.view.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.log.crawl(pageA, pageB)
		h.during(func() {
			wait(time.Minute)
			h.want("")
			if err := other.Release(t.Context()); err != nil {
				t.Error(err)
			}
			wait(2 * time.Second)
			h.want("first:succeeded")
		})
	})
}

func TestPartsThatAreAwayComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.log.crawl(pageA, pageB)
		h.log.down = errors.New("no broker")
		h.view.down = errors.New("no database")
		h.during(func() {
			wait(time.Minute)
			h.want("")
			h.change(func() { h.view.down = nil })
			h.request()
			wait(time.Second)
			h.want("manual:failed")
			if e := h.view.runs[0].Error; !strings.Contains(e, "freeze cut: no broker") {
				t.Errorf("reason %q", e)
			}
			h.change(func() { h.log.down = nil })
			wait(time.Second)
			h.want("manual:failed first:succeeded")
		})
	})
}

func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(o *Options) { o.Keep = 2 })
		h.log.crawl(pageA, pageB)
		h.files.graphs[0] = memoryGraph{g: newGraph(t)}
		h.view.kept = []int64{1} // what the speed layer stands on
		h.during(func() {
			for range 4 {
				wait(time.Second)
				h.request()
				wait(time.Second)
			}
		})
		got, _ := h.files.Generations(t.Context())
		if want := []int64{0, 1, 4, 5}; len(got) != 4 || got[1] != 1 || got[2] != 4 || got[3] != 5 {
			t.Errorf("generations %v on disk, want %v", got, want)
		}
	})
}

func TestOptionFaultsComeTogether(t *testing.T) {
	_, err := NewRunner(Options{Keep: -1, MaxShrink: 2, Policy: "all", Rank: pagerank.Options{Damping: 1}})
	for _, says := range []string{"files, log and view", "keep -1", "max shrink 2", `rel policy "all"`, "damping 1"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
	h := newHouse(t)
	h.o.Registerer = prometheus.NewRegistry()
	if _, err := NewRunner(h.o); err != nil {
		t.Error(err)
	}
	if _, err := NewRunner(h.o); err == nil {
		t.Error("the same metrics twice are no error")
	}
	if p := h.Runner.o.parameters(); p.RelPolicy != link.DropMarked || p.Damping != 0.85 {
		t.Errorf("defaults %+v", p)
	}
}
