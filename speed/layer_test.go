package speed_test

import (
	"math/rand/v2"
	"testing"

	"freshrank/pagerank/pageranktest"
	"freshrank/speed"
)

func TestAppliesAndPublishes(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(1, 1)), 300, 40)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	w.produce(events[100:150]...) // before the layer starts
	l := w.start()
	w.awaitEnd(l, 1)
	w.check()
	for i := 150; i < 300; i += 50 {
		w.produce(events[i : i+50]...)
		w.awaitEnd(l, 1)
		w.check()
	}
}

func TestRestartGoesOnWhereItWas(t *testing.T) {
	w := newWorld(t)
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(2, 2)), 300, 40)
	w.produce(events[:100]...)
	w.publishGeneration(1)
	l := w.start()
	var before speed.Publication
	for i := 100; i < 300; i += 50 {
		w.produce(events[i : i+50]...)
		// Somewhere in the middle of things.
		before = l.await("some event", func(p speed.Publication) bool { return !p.Header.Offsets.Equal(before.Header.Offsets) })
		l.stop()
		for len(l.published) > 0 {
			before = <-l.published
		}
		l = w.start()
		p := l.await("a publication", func(speed.Publication) bool { return true })
		if !p.Header.Offsets.Covers(before.Header.Offsets) {
			t.Fatalf("published %v after %v", p.Header.Offsets, before.Header.Offsets)
		}
		if p.Header.AsOf.Before(before.Header.AsOf) {
			t.Errorf("as_of went back from %v to %v", before.Header.AsOf, p.Header.AsOf)
		}
		before = p
	}
	w.awaitEnd(l, 1)
	w.check()
}
