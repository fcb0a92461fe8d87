package speed_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"freshrank/pagerank/pageranktest"
	"freshrank/speed"
)

// TestRebase switches generations under load while a reader takes snapshot after
// snapshot.
func TestRebase(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(3, 3)), 800, 60)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	l := w.start()
	l.await("the first view", func(speed.Publication) bool { return true })

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	snapshots, done := make(chan struct{}, 1<<16), make(chan struct{})
	go func() {
		defer close(done)
		w.readAll(ctx, snapshots)
	}()

	for i, g := 100, int64(2); i < 800; i, g = i+100, g+1 {
		w.produce(events[i : i+50]...)
		w.publishGeneration(g)
		w.produce(events[i+50 : i+100]...) // the cut lies behind us by now
		w.awaitEnd(l, g)
		for range 3 {
			select {
			case <-snapshots:
			case <-done:
				t.Fatal("the reader has given up")
			}
		}
	}
	cancel()
	<-done
	w.check()
	if loads := w.loader.count(); loads != 8 {
		t.Errorf("%d loads for 8 generations", loads)
	}
	// What the switches left behind goes.
	l.stop()
	var views, rows int
	if err := w.db.Serving.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM speed_view), (SELECT count(DISTINCT view) FROM speed_rank)`).Scan(&views, &rows); err != nil {
		t.Fatal(err)
	}
	if views > 2 || rows > 2 { // the last sweep may have been interrupted
		t.Errorf("%d views and rows of %d are left", views, rows)
	}
}

// readAll reads snapshots until ctx ends, and reports each. Each must be whole:
// rows on its own generation, offsets and as_of not behind those of an earlier one.
func (w *world) readAll(ctx context.Context, read chan<- struct{}) {
	var last seen
	for {
		s, err := w.read(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			w.t.Error(err)
			return
		}
		if !s.offsets.Covers(last.offsets) || s.asOf.Before(last.asOf) {
			w.t.Errorf("view %d at %v, %v after view %d at %v, %v", s.view, s.offsets, s.asOf, last.view, last.offsets, last.asOf)
			return
		}
		w.merge(s)
		if !w.fits(s) {
			return
		}
		read <- struct{}{}
		last = s
	}
}

// fits checks that header and rows add up: Σ x̃ over all ranked pages, at most the
// slack away from what the header says.
func (w *world) fits(s seen) bool {
	sum, n := 0.0, 0
	for _, r := range w.merge(s) {
		if r.x != nil {
			sum += *r.x
			n++
		}
	}
	c := s.certificate
	want := c.Sum + c.Plus - c.Minus
	if n != c.Pages || sum-want > c.Slack*sum+1e-9 || want-sum > c.Slack*sum+1e-9 {
		w.t.Errorf("view %d: %d ranked pages with sum %v, the header says %d and %v", s.view, n, sum, c.Pages, want)
		return false
	}
	return true
}

// slowStage holds up the staging of views on one generation.
type slowStage struct {
	speed.View
	generation      int64
	begun, released chan struct{}
}

func (s *slowStage) Stage(ctx context.Context, p speed.Publication) (int64, error) {
	if p.Header.Generation == s.generation {
		close(s.begun)
		select {
		case <-s.released:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return s.View.Stage(ctx, p)
}

// TestSlowRebase: while a rebase takes long, the old view goes on being
// published, and what came meanwhile is caught up with in more than one round.
func TestSlowRebase(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(15, 15)), 30_000, 300)
	w.produce(events[:1000]...)
	w.publishGeneration(1)
	slow := &slowStage{generation: 2, begun: make(chan struct{}), released: make(chan struct{})}
	l := w.start(func(p *parts) { slow.View, p.view = p.view, slow })
	w.produce(events[1000:2000]...)
	w.awaitEnd(l, 1)
	w.publishGeneration(2)
	<-slow.begun
	for i := 2000; i < 29_000; i += 9000 {
		w.produce(events[i : i+9000]...)
		w.awaitEnd(l, 1)
	}
	w.check()
	close(slow.released)
	w.produce(events[29_000:]...)
	w.awaitEnd(l, 2)
	w.check()
}

// TestGenerationRetiredMeanwhile: a rebase takes so long that the batch layer has
// dropped the generation by then. The next one is taken instead.
func TestGenerationRetiredMeanwhile(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(20, 20)), 300, 60)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	slow := &slowStage{generation: 2, begun: make(chan struct{}), released: make(chan struct{})}
	l := w.start(func(p *parts) { slow.View, p.view = p.view, slow })
	w.awaitEnd(l, 1)
	w.publishGeneration(2)
	<-slow.begun
	w.produce(events[100:200]...)
	w.publishGeneration(3)
	if _, err := w.db.Batch.Exec(t.Context(), `UPDATE batch_generation SET retained = false WHERE generation = 2`); err != nil {
		t.Fatal(err)
	}
	close(slow.released)
	w.produce(events[200:]...)
	l.await("generation 3", func(p speed.Publication) bool {
		if p.Header.Generation == 2 {
			t.Error("published on a generation that is gone")
		}
		return p.Header.Generation == 3
	})
	w.awaitEnd(l, 3)
	w.check()
}

// TestGenerationAheadAtStart: the generation's cut lies past what the layer has applied,
// because it was not running for a while.
func TestGenerationAheadAtStart(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(4, 4)), 400, 60)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	l := w.start()
	l.await("the first view", func(speed.Publication) bool { return true })
	l.stop()
	w.produce(events[100:300]...)
	w.publishGeneration(2)
	w.produce(events[300:]...)
	l = w.start()
	w.awaitEnd(l, 2)
	w.check()
}

// TestOlderGeneration: an operator points back to a generation with an older
// cut; the events between are read again.
func TestOlderGeneration(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(5, 5)), 300, 60)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	w.produce(events[100:200]...)
	w.publishGeneration(2)
	l := w.start()
	w.produce(events[200:]...)
	w.awaitEnd(l, 2)
	if _, err := w.db.Batch.Exec(t.Context(), `UPDATE batch_pointer SET generation = 1`); err != nil {
		t.Fatal(err)
	}
	w.awaitEnd(l, 1)
	w.check()
}

// TestBrokenGeneration: one whose files cannot be read does not disturb the view
// on the one before.
func TestBrokenGeneration(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(6, 6)), 300, 60)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	w.loader.before = func(number int64, _ *generation) error {
		if number == 2 {
			return errors.New("links-0.parquet: checksum mismatch")
		}
		return nil
	}
	l := w.start()
	l.await("the first view", func(speed.Publication) bool { return true })
	w.produce(events[100:200]...)
	w.publishGeneration(2)
	l.awaitMetric("freshrank_speed_failures_total", func(n float64) bool { return n > 0 })
	w.awaitEnd(l, 1)
	w.produce(events[200:]...)
	w.awaitEnd(l, 1)
	w.check()
	w.publishGeneration(3)
	w.awaitEnd(l, 3)
	w.check()
}

// brokenStage fails to stage views on one generation for a while.
type brokenStage struct {
	speed.View
	generation int64
	left       int
}

func (b *brokenStage) Stage(ctx context.Context, p speed.Publication) (int64, error) {
	if p.Header.Generation == b.generation && b.left > 0 {
		b.left--
		return 0, errors.New("disk full")
	}
	return b.View.Stage(ctx, p)
}

// TestStageFails: a rebase whose view cannot be written is given up, and with it
// what it remembers; it is tried again from the start.
func TestStageFails(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(19, 19)), 300, 60)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	broken := &brokenStage{generation: 2, left: 2}
	l := w.start(func(p *parts) { broken.View, p.view = p.view, broken })
	w.produce(events[100:200]...)
	w.awaitEnd(l, 1)
	w.publishGeneration(2)
	w.produce(events[200:]...)
	w.awaitEnd(l, 2)
	w.check()
	if n := w.loader.count(); n != 4 {
		t.Errorf("%d loads, want one of generation 1 and three of 2", n)
	}
}

func TestWaitsForTheFirstGeneration(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(7, 7)), 100, 20)
	w.produceRaw(0, []byte("no event"))
	w.produce(events[:50]...)
	l := w.start()
	w.produce(events[50:]...)
	w.publishGeneration(1)
	w.awaitEnd(l, 1)
	w.check()
	// The generation covers the bad record; it is set aside all the same.
	if letters := w.deadLetters(1); !strings.Contains(letters[0]["reason"], "event") {
		t.Errorf("dead letters %v", letters)
	}
}

// phase returns the one phase that metrics say the layer is in.
func (l *layer) phase() (phase string) {
	l.t.Helper()
	families, err := l.metrics.Gather()
	if err != nil {
		l.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			if f.GetName() == "freshrank_speed_phase" && m.GetGauge().GetValue() == 1 {
				phase += m.Label[0].GetValue()
			}
		}
	}
	return phase
}

func (l *layer) metric(name string) (sum float64) {
	l.t.Helper()
	families, err := l.metrics.Gather()
	if err != nil {
		l.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.Metric {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}
