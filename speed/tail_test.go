package speed

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"freshrank/pagerank/incremental"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

func TestReadingWaitsForAnOverlongRebase(t *testing.T) {
	s := &session{Layer: &Layer{}, live: &state{}, batches: make(chan decoded)}
	if s.readable() == nil {
		t.Error("nothing is read")
	}
	s.next = &rebase{state: &state{}}
	crawl := located{Event: &link.Event{Links: make([]link.Link, maxTail/2)}}
	s.next.remember(decoded{events: []located{crawl}})
	if s.readable() == nil {
		t.Error("nothing is read during a rebase")
	}
	s.next.remember(decoded{events: []located{crawl}})
	if s.readable() != nil {
		t.Error("the tail grows without bound")
	}
}

// While the database does not take what there is to say of new pages, the log waits: not
// so while nothing is to be published anyway.
func TestReadingWaitsForTheDatabase(t *testing.T) {
	s := &session{Layer: &Layer{}, live: &state{switched: true, unsaid: 3 * tolerated}, pace: pace{tolerated}, batches: make(chan decoded)}
	if s.readable() != nil {
		t.Error("pages that nobody has been told of grow without bound")
	}
	s.pace.rows = 2 * tolerated
	if s.readable() == nil {
		t.Error("nothing is read though the database takes as much at once")
	}
	s.pace.rows, s.live.switched = tolerated, false
	s.committed.Offsets = link.Offsets{1}
	if s.readable() == nil {
		t.Error("nothing is read while catching up")
	}
}

func idleLayer(t *testing.T) *Layer {
	t.Helper()
	l, err := New(Options{Log: struct{ Log }{}, View: struct{ View }{}, Loader: struct{ Loader }{}, Retry: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A transaction that was stalled is no reason to publish nothing for as long again.
func TestPauseIsBounded(t *testing.T) {
	s := &session{Layer: idleLayer(t), live: &state{partly: true, switched: true}, closing: true, pace: pace{1000}}
	r := writeResult{Publication: Publication{Rows: make([]Row, 1000)}, took: 10 * time.Second}
	if err := s.finish(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.hold:
	case <-time.After(3 * time.Second):
		t.Error("after one stalled transaction nothing is published for as long again")
	}
}

// Writes fail, one after the other: what nobody has been told of must not grow for ever.
func TestPendingIsBounded(t *testing.T) {
	g := &linkgraph.Graph{}
	engine, err := incremental.New(g, nil, nil, incremental.Options{Damping: 0.85, Epsilon: 1e-3})
	if err != nil {
		t.Fatal(err)
	}
	s := &session{Layer: idleLayer(t), pace: pace{fewRows}, batches: make(chan decoded)}
	s.live = &state{engine: engine, overlay: linkgraph.NewOverlay(nil), switched: true, view: 1,
		dead: map[position]struct{}{}, pending: map[link.Page]Row{}, applied: link.Offsets{0}}
	off := int64(0)
	for range 10 {
		for s.readable() != nil {
			d := decoded{next: link.Offsets{off + 2000}, end: link.Offsets{off + 2000}, at: time.Now()}
			for range 2000 {
				e := &link.Event{Type: link.PageCrawled, ID: "1", URL: fmt.Sprintf("http://a.example/%d", off), Time: time.Unix(1e9, 0)}
				d.events = append(d.events, located{position{0, off}, e})
				off++
			}
			s.take(t.Context(), d)
		}
		p, err := s.live.publication(1, s.fresh, s.pace.rows)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.finish(t.Context(), writeResult{Publication: p, took: time.Millisecond, err: errors.New("disk full")}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.live.pending); n > 5*tolerated {
		t.Errorf("%d rows pending after 10 failed writes", n)
	}
}

// The log waits for the database: that is no reason for coarser pushes.
func TestEpsilonWhileTheLogWaits(t *testing.T) {
	engine, err := incremental.New(&linkgraph.Graph{}, nil, nil, incremental.Options{Damping: 0.85, Epsilon: 1e-3})
	if err != nil {
		t.Fatal(err)
	}
	s := &session{Layer: idleLayer(t), pace: pace{fewRows}, writing: true, control: epsilonControl{min: 1e-3, max: 0.1, now: 1e-3}}
	s.live = &state{engine: engine, settled: true, switched: true, unsaid: 3 * tolerated, applied: link.Offsets{0}}
	s.fresh.ends = []logEnd{{link.Offsets{50_000}, time.Now()}}
	if s.readable() != nil {
		t.Fatal("the log does not wait")
	}
	for range 12 {
		s.adjust()
	}
	if s.control.now != 1e-3 {
		t.Errorf("ε became %v", s.control.now)
	}
}
