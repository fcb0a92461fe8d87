package view

import (
	"context"
	"errors"
	"sync"
	"time"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// gather lets questions about few pages that come while others are being answered
// share a statement: most of what a statement takes is the same for one page and
// for a hundred. As long as fewer than gatherLeaders statements are under way, a
// question begins the next one, at once or, if one has begun within gatherPause, when
// that is over; otherwise it waits. A statement asks for all that wait by then.
//
// A question that begins a statement leads: its goroutine asks for all, hands out
// the answers, and makes one of those that came meanwhile the next leader. So no
// goroutine is left behind, and a leader whose own client is gone finishes what the
// others wait for.
type gather struct {
	read func(context.Context, []link.PageKey) (serving.Snapshot, []serving.Page, error)

	mu      sync.Mutex
	leaders int
	next    time.Time // when the next statement may begin
	waiting []*question
}

const (
	// gatherKeys is how many keys a question may have to be gathered, and how many
	// a statement is asked for, but for the last question's.
	gatherKeys = 128
	// gatherLeaders is how many statements are under way at a time: one at work in
	// the database while the other's answer is handed out.
	gatherLeaders = 2
	// gatherPause is how long after a statement's beginning the next one's is, at the least. With
	// thousands of questions a second, it is what most of them share one by.
	gatherPause = time.Millisecond
)

type question struct {
	keys     []link.PageKey
	gone     <-chan struct{} // closed when nobody waits for it any more
	deadline time.Time       // by which it must be answered; zero: none
	led      bool            // whoever waits for it is to lead
	ready    chan struct{}   // closed when it is answered, or to lead
	answer   answer
}

func (q *question) abandoned() bool {
	select {
	case <-q.gone:
		return true
	default:
		return false
	}
}

type answer struct {
	snap  serving.Snapshot
	pages []serving.Page
	err   error
}

// ask answers one question. It returns ctx's error as soon as ctx is done.
func (g *gather) ask(ctx context.Context, keys []link.PageKey) (serving.Snapshot, []serving.Page, error) {
	q := &question{keys: keys, gone: ctx.Done(), ready: make(chan struct{})}
	q.deadline, _ = ctx.Deadline()
	g.mu.Lock()
	if g.leaders < gatherLeaders {
		g.leaders++
		g.mu.Unlock()
		return g.lead(ctx, q)
	}
	g.waiting = append(g.waiting, q)
	g.mu.Unlock()
	select {
	case <-q.ready:
		if q.led {
			return g.lead(ctx, q)
		}
		return q.answer.snap, q.answer.pages, q.answer.err
	case <-ctx.Done():
	}
	g.mu.Lock()
	led := q.led
	g.mu.Unlock()
	if led { // just now: pass it on
		g.pass()
	}
	return serving.Snapshot{}, nil, context.Cause(ctx)
}

// lead asks for q and for all that wait, hands out the answers, and passes the lead on.
func (g *gather) lead(ctx context.Context, q *question) (serving.Snapshot, []serving.Page, error) {
	time.Sleep(g.pause())
	together := g.take(q)
	var keys []link.PageKey
	for _, one := range together {
		keys = append(keys, one.keys...)
	}
	ctx, cancel := bounded(ctx, together)
	defer cancel()
	all := answer{err: errAbandoned}
	defer func() {
		at := 0
		for _, one := range together {
			one.answer = all
			if all.err == nil {
				one.answer.pages = all.pages[at : at+len(one.keys) : at+len(one.keys)]
			}
			at += len(one.keys)
			if one != q {
				close(one.ready)
			}
		}
		g.pass()
	}()
	all.snap, all.pages, all.err = g.read(ctx, keys)
	if all.err != nil {
		return all.snap, nil, all.err
	}
	return all.snap, all.pages[:len(q.keys):len(q.keys)], nil
}

// pause reserves a moment for a statement and returns how long it is until then.
func (g *gather) pause() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	at := now
	if g.next.After(now) {
		at = g.next
	}
	g.next = at.Add(gatherPause)
	return at.Sub(now)
}

// errAbandoned is what others are told if a leader's statement panics.
var errAbandoned = errors.New("read view: whoever asked for several has failed")

// take takes the questions that go with q, in the order in which they came. Those
// that nobody waits for any more are dropped.
func (g *gather) take(q *question) []*question {
	together, keys := []*question{q}, len(q.keys)
	g.mu.Lock()
	defer g.mu.Unlock()
	n := 0
	for ; n < len(g.waiting) && keys < gatherKeys; n++ {
		if one := g.waiting[n]; !one.abandoned() {
			together, keys = append(together, one), keys+len(one.keys)
		}
	}
	g.waiting = append(g.waiting[:0], g.waiting[n:]...)
	return together
}

// pass makes the first question that waits lead, or lets the lead go.
func (g *gather) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for len(g.waiting) > 0 {
		next := g.waiting[0]
		g.waiting = append(g.waiting[:0], g.waiting[1:]...)
		if !next.abandoned() {
			next.led = true
			close(next.ready)
			return
		}
	}
	g.leaders--
}

// bounded returns a context of the leader's that ends when the last of the questions
// does, by deadline: that one client is gone is no reason for the others to go without.
func bounded(ctx context.Context, together []*question) (context.Context, context.CancelFunc) {
	ctx = context.WithoutCancel(ctx)
	var last time.Time
	for _, one := range together {
		if one.deadline.IsZero() {
			return context.WithCancel(ctx)
		}
		if one.deadline.After(last) {
			last = one.deadline
		}
	}
	return context.WithDeadline(ctx, last)
}
