package acceptance

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"freshrank/cmd/freshrank/internal/processtest"
)

// TestHandover lets 50 readers ask without pause while a run publishes generation
// 2 and the speed layer moves on to it. Nothing is submitted meanwhile, so the
// true ranks stand still and any two intervals of one page must overlap.
func TestHandover(t *testing.T) {
	p, _ := start(t, t.TempDir(), processtest.FreeAddress(t), "--demo", "--demo-rate", "0",
		"--demo-pages", size(100_000, 5_000), "--demo-links", size(1_500_000, 60_000))
	var top items[rank]
	if status, err := p.api.get("/v1/top?limit=200", &top); err != nil || len(top.Items) != 200 {
		t.Fatalf("GET /v1/top: %d, %v, %d items", status, err, len(top.Items))
	}
	urls := make([]string, 0, 400)
	for i, r := range top.Items { // change much: every one of them loses its links to a new page
		fresh := fmt.Sprintf("https://handover-%d.example.org/", i)
		urls = append(urls, r.URL, fresh)
		if err := p.api.submit(crawled(fmt.Sprint("handover-", i), r.URL, fresh)); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "the last event's page has a rank", func() bool {
		r, _, _ := p.api.rank(urls[len(urls)-1])
		return r.Status == "ranked"
	})
	settle(t, p)

	w := &watch{seen: map[string]rank{}}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for i := range 50 {
		readers.Go(func() { w.read(p.api, urls, rand.New(rand.NewPCG(uint64(i), 3)), stop) })
	}
	var posted struct {
		ID string `json:"id"`
	}
	status, err := p.api.post("/v1/batch/runs", "application/json", struct{}{}, &posted)
	if err != nil || status != http.StatusAccepted {
		t.Fatalf("POST /v1/batch/runs: %d, %v", status, err)
	}
	await(t, "readers get generation 2", func() bool { return w.newest.Load() == 2 })
	time.Sleep(time.Second) // let all 50 of them see it
	close(stop)
	readers.Wait()
	t.Logf("run %s: %d answers to 50 readers, of generation 1: %d, of generation 2: %d; %d faults",
		posted.ID, w.answers[1].Load()+w.answers[2].Load(), w.answers[1].Load(), w.answers[2].Load(), len(w.faults))
	for _, f := range w.faults[:min(len(w.faults), 10)] {
		t.Error(f)
	}
	if w.answers[1].Load() == 0 || w.answers[2].Load() == 0 {
		t.Error("readers did not see both generations")
	}
}

// watch is what the readers have seen so far.
type watch struct {
	mu      sync.Mutex
	seen    map[string]rank // the last answer for each page
	faults  []string
	newest  atomic.Int64
	answers [3]atomic.Int64 // by generation
}

func (w *watch) fault(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

func (w *watch) read(api client, urls []string, rng *rand.Rand, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		if rng.IntN(4) > 0 {
			page := urls[rng.IntN(len(urls))]
			r, status, err := api.rank(page)
			if err != nil || status != 200 {
				w.fault("GET %s: %d, %v", page, status, err)
				continue
			}
			w.check(r)
			continue
		}
		ask := make([]string, 20)
		for i := range ask {
			ask[i] = urls[rng.IntN(len(urls))]
		}
		var many items[rank]
		status, err := api.post("/v1/ranks/lookup", "application/json", map[string]any{"urls": ask}, &many)
		if err != nil || status != 200 || len(many.Items) != len(ask) {
			w.fault("lookup: %d, %v, %d items", status, err, len(many.Items))
			continue
		}
		for _, r := range many.Items {
			if r.Generation != many.Items[0].Generation || r.AsOf != many.Items[0].AsOf {
				w.fault("one answer mixes %+v and %+v", many.Items[0], r)
			}
			w.check(r)
		}
	}
}

func (w *watch) check(r rank) {
	if r.Status != "ranked" || r.Rank == nil || r.Interval == nil || r.Generation < 1 || r.Generation > 2 {
		w.fault("%s: answer %+v", r.URL, r)
		return
	}
	w.answers[r.Generation].Add(1)
	for was := w.newest.Load(); was < r.Generation && !w.newest.CompareAndSwap(was, r.Generation); was = w.newest.Load() {
	}
	if *r.Rank < r.Interval.Low || *r.Rank > r.Interval.High || math.Abs(*r.Base+*r.Delta-*r.Rank) > 1e-9**r.Rank {
		w.fault("%s: rank %v, base %v, delta %v, interval %+v do not fit", r.URL, *r.Rank, *r.Base, *r.Delta, *r.Interval)
	}
	w.mu.Lock()
	last, ok := w.seen[r.URL]
	w.seen[r.URL] = r
	w.mu.Unlock()
	if ok && (last.Interval.High < r.Interval.Low || r.Interval.High < last.Interval.Low) {
		w.fault("%s jumped: generation %d said %+v, generation %d says %+v", r.URL, last.Generation, *last.Interval, r.Generation, *r.Interval)
	}
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited two minutes until %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// settle waits until the speed layer has applied all that the log has.
func settle(t *testing.T, p *process) {
	t.Helper()
	await(t, "all events are applied", p.api.settled)
}
