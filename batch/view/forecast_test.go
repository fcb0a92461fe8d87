package view

import (
	"errors"
	"testing"
	"time"

	"freshrank/batch"
)

func TestPast(t *testing.T) {
	h := newHouse(t)
	ctx, l := t.Context(), h.lease()
	if past, err := h.Past(ctx); len(past) != 0 || err != nil {
		t.Fatalf("%v, %v", past, err)
	}
	took := batch.Seconds{Archive: 0.5, Fold: 1, Rank: 2, Publish: 4}
	for g := int64(1); g <= 7; g++ {
		r := h.running(l.Epoch())
		if err := h.Timed(ctx, r.ID, took); err != nil { // not over: ignored
			t.Fatal(err)
		}
		if err := h.Publish(ctx, l.Epoch(), publication(g, r.ID, int(10*g)), func(float64, int) {}); err != nil {
			t.Fatal(err)
		}
		if g == 6 { // its process died before it could say
			continue
		}
		took.Publish = float64(g)
		if err := h.Timed(ctx, r.ID, took); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.Retire(ctx, 3); err != nil {
		t.Fatal(err)
	}
	past, err := h.Past(ctx)
	if err != nil || len(past) != 5 || past[0].Pages != 70 || past[1].Pages != 50 || past[0].Links != 3 ||
		past[0].Took.Publish != 7 || past[0].Took.Rank != 2 || past[0].Tables < 8192 || past[2].Tables != 0 {
		t.Errorf("%+v, %v", past, err)
	}
}

func TestForecast(t *testing.T) {
	h := newHouse(t)
	ctx, l := t.Context(), h.lease()
	graph := int64(3)
	e := batch.Estimate{At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Graph: &graph, Pages: 1, Links: 2, Events: 3,
		Memory: 4, Files: 5, Tables: 6, Retained: 7, Seconds: batch.Seconds{Rank: 8}, Measured: true, Refused: "no room"}
	for range 2 { // the second takes the place of the first
		if err := h.Forecast(ctx, l.Epoch(), e); err != nil {
			t.Fatal(err)
		}
		e.Graph, e.Refused = nil, ""
	}
	var pages, memory int64
	var seconds batch.Seconds
	var gone bool
	h.scan(`SELECT pages, memory, phase_seconds, graph IS NULL AND refused IS NULL FROM batch_estimate`, &pages, &memory, &seconds, &gone)
	if pages != 1 || memory != 4 || seconds.Rank != 8 || !gone {
		t.Errorf("stored %d pages, %d bytes, %+v, no graph and not refused: %v", pages, memory, seconds, gone)
	}
	if err := h.Forecast(ctx, l.Epoch()-1, e); !errors.Is(err, batch.ErrFenced) {
		t.Errorf("an older runner's: %v", err)
	}
}
