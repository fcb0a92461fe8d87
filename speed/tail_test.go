package speed

import (
	"testing"

	"freshrank/pagerank/link"
)

func TestReadingWaitsForAnOverlongRebase(t *testing.T) {
	s := &session{Layer: &Layer{}, batches: make(chan decoded)}
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
