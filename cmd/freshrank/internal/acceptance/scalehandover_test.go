package acceptance

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

const feedRate = 2000 // events a second while a handover is watched

// handover lets a batch run make generation 2 and the speed layer move to it, under a
// feed and under the eyes of clients.
func (b *table) handover(t *testing.T, s *stack, o *outside, speed *process) {
	t.Helper()
	var top items[rank]
	if status, err := o.api.get("/v1/top?limit=1", &top); err != nil || status != 200 {
		t.Fatalf("GET /v1/top: %d, %v", status, err)
	}
	calm := time.Duration(count(10, 2)) * time.Second // before and after
	stopFeed, stopLooking := make(chan struct{}), make(chan struct{})
	var feeding, looking sync.WaitGroup
	probes := 0
	o.began = time.Now()
	feeding.Go(func() { o.play(t, s.feed(2, 100_000_000), feedRate, stopFeed) })
	feeding.Go(func() { repeat(250*time.Millisecond, stopFeed, func() { o.probe(probes); probes++ }) })
	looking.Go(func() { repeat(25*time.Millisecond, stopLooking, func() { o.look(top.Items[0].URL) }) })
	time.Sleep(calm)
	r := s.startBatch(t)
	moved := within(15*time.Minute, speed, func() bool { return o.at(2) })
	took := time.Since(r.Began)
	time.Sleep(calm)
	close(stopFeed)
	feeding.Wait()
	within(time.Minute, speed, func() bool { return o.unseen() == 0 })
	close(stopLooking)
	looking.Wait()
	missing := o.giveUp()
	r.end(t)

	held := rate(o.sent, o.fed)
	figure := fmt.Sprintf("handover at %d events/s", feedRate)
	b.add(t, figure+": events taken", "≥ 95 %", held >= .95*feedRate, fmt.Sprintf("%.0f a second for %.0f s", held, o.fed.Seconds()), "POST /v1/events")
	b.always(t, figure+": the speed layer moved to the new generation", "yes", moved,
		fmt.Sprintf("%v, %s after the run's start", moved, seconds(took)), "freshrank batch run")
	fresh := o.tookToShow()
	p99 := quantile(fresh, .99)
	b.add(t, "freshness throughout, from POST to a rank: p99", "≤ 2 s", p99 <= 2*time.Second,
		fmt.Sprintf("%s (median %s, worst %s; %d probes, %d never seen)", seconds(p99), seconds(quantile(fresh, .5)), seconds(quantile(fresh, 1)), len(fresh), missing),
		"POST /v1/ranks/lookup")
	for _, s := range o.fresh {
		if s.took >= p99 {
			t.Logf("posted %s after the feed began: showed after %s", seconds(s.posted.Sub(o.began)), seconds(s.took))
		}
	}
	b.add(t, "lag_seconds of the answers: p99", "≤ 2 s", quantile(o.lags, .99) <= 2,
		fmt.Sprintf("%.1f s (median %.1f s, worst %.1f s)", quantile(o.lags, .99), quantile(o.lags, .5), quantile(o.lags, 1)), "")
	b.always(t, "answers of 500 and above, or none", "0", len(o.faults) == 0, fmt.Sprintf("%d of %d", len(o.faults), o.answers), "")
	for _, f := range o.faults[:min(len(o.faults), 10)] {
		t.Log(f)
	}
	b.note(t, "the batch run meanwhile", fmt.Sprintf("%s (%v), peak %s", seconds(r.Took()), r.phases, gib(r.Peak.Load())), "")
	b.note(t, "the speed layer's peak meanwhile", gib(speed.Peak.Load()), "")
}

// within waits until ok, for as long as the process lives and no longer than limit.
func within(limit time.Duration, p *process, ok func() bool) bool {
	deadline := time.After(limit)
	for !ok() {
		select {
		case <-p.Done:
			return false
		case <-deadline:
			return false
		case <-time.After(50 * time.Millisecond):
		}
	}
	return true
}

func settleWithin(t *testing.T, o *outside, limit time.Duration) {
	t.Helper()
	began := time.Now()
	for !o.api.settled() {
		if time.Since(began) > limit {
			t.Fatalf("the speed layer has not caught up %v after the feed's end", limit)
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("caught up %s after the feed's end", seconds(time.Since(began)))
}
