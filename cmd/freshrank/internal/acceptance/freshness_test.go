package acceptance

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"freshrank/cmd/freshrank/internal/processtest"
)

// TestFreshness starts the demo from nothing and, under its live feed, posts
// crawls that link to URLs nobody has heard of: how long until each has a rank?
func TestFreshness(t *testing.T) {
	p, ready := start(t, t.TempDir(), processtest.FreeAddress(t), "--demo",
		"--demo-pages", size(100_000, 5_000), "--demo-links", size(1_500_000, 60_000))
	t.Logf("ready to answer %.1f s after the start", ready.Seconds())
	var took []time.Duration
	for i := range count(100, 20) {
		fresh := fmt.Sprintf("https://fresh-%d.example.org/", i)
		begin := time.Now()
		if err := p.api.submit(crawled(fmt.Sprint("fresh-", i), "https://source.example.org/", fresh)); err != nil {
			t.Fatal(err)
		}
		for {
			r, status, err := p.api.rank(fresh)
			if err != nil || status != 200 {
				t.Fatalf("GET %s: %d, %v", fresh, status, err)
			}
			if r.Status == "ranked" && *r.Rank > 0 {
				break
			}
			if time.Since(begin) > 30*time.Second {
				t.Fatalf("%s has no rank after 30 s: %+v", fresh, r)
			}
			time.Sleep(5 * time.Millisecond) // the pace of one asking reader
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	p95 := took[len(took)*95/100]
	t.Logf("from POST to a rank, %d tries: median %v, p95 %v, worst %v", len(took), took[len(took)/2], p95, took[len(took)-1])
	if p95 > 2*time.Second {
		t.Errorf("p95 is %v, must be at most 2 s", p95)
	}
}
