package view_test

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// TestMovingPointer: 20 readers ask without pause while generations are
// published, views are updated and replaced, and old tables dropped. Generation
// g stores x = 1000·g for every page; its view stores 1000·g + its sequence for
// every second page and the same number as x_max. An answer that mixes two
// states shows.
func TestMovingPointer(t *testing.T) {
	l, v := newLayers(t)
	const pages = 8
	urls := make([]string, pages)
	for i := range urls {
		urls[i] = fmt.Sprintf("https://m.example/%d", i)
	}
	base := func(g int64) (rows []row) {
		for _, u := range urls {
			rows = append(rows, row{url: u, status: "ranked", x: 1000 * float64(g)})
		}
		return rows
	}
	overlay := func(g int64) (rows []row) {
		for i := 0; i < pages; i += 2 {
			rows = append(rows, row{url: urls[i], status: "ranked", x: 1000*float64(g) + 5, base: 1000 * float64(g)})
		}
		return rows
	}
	l.generation(1, []int64{1}, base(1))
	hold(t, v, 1<<20) // of some generations in time, of others not

	var answers, withView atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var readers sync.WaitGroup
	for n := range 20 {
		readers.Go(func() {
			for ctx.Err() == nil {
				snap, got, err := read(v, urls, n%2 == 0)
				if err != nil {
					t.Errorf("reader %d: %v", n, err)
					return
				}
				answers.Add(1)
				if len(got) != pages {
					t.Errorf("%v: %d pages", snap.Pair, len(got))
				}
				moved := 1000*float64(snap.Generation) + float64(snap.Sequence)
				for url, x := range got {
					still := 1000 * float64(snap.Generation)
					if x != still && (snap.View == 0 || x != moved) {
						t.Errorf("%v: %s has x %v", snap.Pair, url, x)
					}
				}
				if snap.View != 0 {
					withView.Add(1)
					if x := got[urls[0]]; x != moved {
						t.Errorf("%v: %s has x %v, want the overlay's %v", snap.Pair, urls[0], x, moved)
					}
					if snap.Sequence > 5 && snap.XMax != moved {
						t.Errorf("%v: x_max %v is of another publish than x %v", snap.Pair, snap.XMax, moved)
					}
				}
			}
		})
	}
	for g := int64(2); g <= 12 && !t.Failed(); g++ {
		l.generation(g, []int64{g}, base(g))
		number := l.view(g, []int64{g}, 8000, overlay(g))
		for s := 6; s <= 12; s++ { // one publish is one statement
			exec(t, l.speed, `
				WITH ranks AS (UPDATE speed_rank SET x = $2 WHERE view = $1)
				UPDATE speed_view SET sequence = $3, x_max = $2 WHERE view = $1`, number, 1000*float64(g)+float64(s), s)
		}
		exec(t, l.speed, "DELETE FROM speed_rank WHERE view < $1", number)
		l.drop(g - 1)
	}
	stop()
	readers.Wait()
	t.Logf("%d answers, %d of them with a view", answers.Load(), withView.Load())
	if answers.Load() == 0 || withView.Load() == 0 {
		t.Error("the readers have seen nothing")
	}
}

func read(v serving.Reader, urls []string, byTop bool) (serving.Snapshot, map[string]float64, error) {
	var snap serving.Snapshot
	var pages []serving.Page
	var err error
	if byTop {
		snap, pages, err = v.Top(context.Background(), serving.TopQuery{Limit: len(urls)})
	} else {
		keys := make([]link.PageKey, len(urls))
		for i, u := range urls {
			keys[i] = link.KeyOf(u)
		}
		snap, pages, err = v.Pages(context.Background(), keys)
	}
	got := map[string]float64{}
	for i, p := range pages {
		url := p.URL
		if !byTop {
			url = urls[i]
		}
		got[url] = p.X
		if !p.Ranked {
			got[url] = math.NaN()
		}
	}
	return snap, got, err
}
