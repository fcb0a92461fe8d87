package view

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// asked is a database that takes a second for whatever it is asked.
type asked struct {
	mu        sync.Mutex
	questions [][]link.PageKey
	atOnce    atomic.Int64
	most      int64
	err       error
}

func (a *asked) read(ctx context.Context, keys []link.PageKey) (serving.Snapshot, []serving.Page, error) {
	a.mu.Lock()
	a.questions = append(a.questions, slices.Clone(keys))
	a.most = max(a.most, a.atOnce.Add(1))
	a.mu.Unlock()
	defer a.atOnce.Add(-1)
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return serving.Snapshot{}, nil, ctx.Err()
	}
	pages := make([]serving.Page, len(keys))
	for i, k := range keys {
		pages[i].Key = k
	}
	return serving.Snapshot{}, pages, a.err
}

func keyOf(i int) link.PageKey { return link.PageKey{byte(i >> 8), byte(i)} }

// TestGather: what comes while statements are under way goes with the next one, and
// everybody gets the answers to their own question.
func TestGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &asked{}
		g := gather{read: a.read}
		began := time.Now()
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				keys := []link.PageKey{keyOf(2 * i), keyOf(2*i + 1)}
				_, pages, err := g.ask(t.Context(), keys)
				if err != nil || len(pages) != 2 || pages[0].Key != keys[0] || pages[1].Key != keys[1] {
					t.Errorf("%v: %v, %v", keys, pages, err)
				}
			})
		}
		all.Wait()
		// One at once; after the pause 128 keys beside it; then the rest.
		if took := time.Since(began); took != 2*time.Second || len(a.questions) != 3 || a.most != gatherLeaders {
			t.Errorf("took %v, %d statements, %d at once", took, len(a.questions), a.most)
		}
		for _, keys := range a.questions {
			if len(keys) > gatherKeys {
				t.Errorf("a statement with %d keys", len(keys))
			}
		}
	})
}

// TestGatherCancelled: who waits no longer costs nothing and holds nobody up, be it
// a leader, a follower or the one whose turn it would be to lead.
func TestGatherCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &asked{}
		g := gather{read: a.read}
		var all sync.WaitGroup
		for i := range 8 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			all.Go(func() {
				defer cancel()
				_, _, err := g.ask(ctx, []link.PageKey{keyOf(i)})
				leads, leaves := i < gatherLeaders, i%2 == 0
				if want := leaves && !leads; (err != nil) != want || want && !errors.Is(err, context.Canceled) {
					t.Errorf("question %d: %v", i, err)
				}
			})
			synctest.Wait() // in this order
			if i == gatherLeaders-1 {
				time.Sleep(gatherLeaders * gatherPause) // both are under way
			}
			if i%2 == 0 {
				time.AfterFunc(time.Millisecond, cancel)
			}
		}
		all.Wait()
		total := 0
		for _, keys := range a.questions {
			total += len(keys)
		}
		if total != 2+3 || g.leaders != 0 || len(g.waiting) != 0 {
			t.Errorf("asked %v; left %d leaders, %d questions", a.questions, g.leaders, len(g.waiting))
		}
	})
}

// TestGatherFails: an error is everybody's, and the next question starts afresh; a
// statement ends with the last of the deadlines.
func TestGatherFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &asked{err: serving.ErrUnavailable}
		g := gather{read: a.read}
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				if _, _, err := g.ask(t.Context(), []link.PageKey{keyOf(i)}); !errors.Is(err, serving.ErrUnavailable) {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		all.Wait()
		a.err = nil
		short, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if _, _, err := g.ask(short, []link.PageKey{{}}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("past its deadline: %v", err)
		}
		if _, _, err := g.ask(t.Context(), []link.PageKey{{}}); err != nil || g.leaders != 0 {
			t.Errorf("afterwards: %v, %d leaders", err, g.leaders)
		}
	})
}

// TestGatherPanics: a statement that panics takes nobody along but who asked.
func TestGatherPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := gather{}
		g.read = func(context.Context, []link.PageKey) (serving.Snapshot, []serving.Page, error) {
			time.Sleep(time.Second)
			panic("a fault of ours")
		}
		var all sync.WaitGroup
		var panics, failed atomic.Int64
		for range gatherLeaders + 5 {
			all.Go(func() {
				defer func() {
					if recover() != nil {
						panics.Add(1)
					}
				}()
				if _, _, err := g.ask(t.Context(), []link.PageKey{{}}); errors.Is(err, errAbandoned) {
					failed.Add(1)
				}
			})
		}
		all.Wait()
		if panics.Load()+failed.Load() != gatherLeaders+5 || failed.Load() == 0 || g.leaders != 0 {
			t.Errorf("%d panics, %d failed, %d leaders left", panics.Load(), failed.Load(), g.leaders)
		}
	})
}
