package speed

import (
	"testing"

	"freshrank/pagerank/link"
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
	s := &session{Layer: &Layer{}, live: &state{switched: true, unsaid: 2 * tolerated}, pace: pace{tolerated}, batches: make(chan decoded)}
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
