package incremental_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"freshrank/pagerank"
	"freshrank/pagerank/incremental"
	"freshrank/pagerank/link"
	"freshrank/pagerank/pageranktest"
)

// TestLimit has more values change than may be handed out at once. Those that are must
// be the furthest from what was told, the slack must cover those that are not, and calls
// that follow must hand out the rest, each once.
func TestLimit(t *testing.T) {
	out := pageranktest.NewWeb(5, 20_000, 200_000).Graph()
	res, err := pagerank.Rank(t.Context(), pagerank.Problem{Out: out}, pagerank.Options{})
	if err != nil {
		t.Fatal(err)
	}
	const epsilon = 1e-5
	e, err := incremental.New(folded(out), res.X, res.Residual, incremental.Options{Damping: 0.85, Epsilon: epsilon})
	if err != nil {
		t.Fatal(err)
	}
	told := map[link.Page]float64{}
	for p := range link.Page(out.Pages()) {
		told[p] = e.Page(p).X
	}
	rng := rand.New(rand.NewPCG(1, 5))
	gone := link.Page(out.Pages() - 1)
	for range 300 {
		p := link.Page(rng.IntN(out.Pages() - 1))
		e.Set(p, link.State{Kind: link.Crawled, Target: link.NoPage, Version: link.Imported, Links: []link.Edge{{To: gone}}})
	}
	e.Set(link.Page(out.Pages()), link.State{Kind: link.Alias, Target: 0, Version: link.Imported})
	e.Push(t.Context(), math.MaxInt64/2)

	far := func(p link.Page) float64 { return math.Abs(e.Page(p).X-told[p]) / told[p] }
	const limit = 1000
	for calls, last := 0, math.Inf(1); ; calls++ {
		now := map[link.Page]float64{}
		others := 0
		e.Changed(limit, func(p link.Page, s incremental.Served) {
			if !s.HasX {
				others++
				return
			}
			now[p] = s.X
		})
		if want := map[bool]int{true: 1}[calls == 0]; others != want {
			t.Fatalf("call %d: %d pages without a value, want %d", calls, others, want)
		}
		if len(now)+others > limit {
			t.Fatalf("call %d: %d pages handed out, allowed were %d", calls, len(now)+others, limit)
		}
		least, most := math.Inf(1), 0.0
		for p := range told {
			if _, ok := now[p]; ok {
				least = min(least, far(p))
			} else {
				most = max(most, far(p))
			}
		}
		for p, x := range now {
			told[p] = x
		}
		slack := e.Certificate().Slack
		switch {
		case most > slack:
			t.Fatalf("call %d: a value that was kept back is off by %v, the slack says %v", calls, most, slack)
		case slack > max(most, epsilon/2)+1e-9: // rounding
			t.Fatalf("call %d: slack %v, but nothing is off by more than %v", calls, slack, most)
		case most > 1.26*least: // the classes are a quarter of an octave at most
			t.Fatalf("call %d: kept back what is off by %v, handed out what is off by %v", calls, most, least)
		case slack > last:
			t.Fatalf("call %d: slack %v after %v", calls, slack, last)
		}
		last = slack
		if most <= epsilon/2 {
			if calls < 3 {
				t.Fatalf("all was told after %d calls: the test is too tame", calls)
			}
			break
		}
		if len(now)+others < limit {
			t.Fatalf("call %d: %d pages handed out while others were kept back", calls, len(now)+others)
		}
	}
	e.Changed(limit, func(p link.Page, s incremental.Served) { t.Errorf("page %d handed out twice: %+v", p, s) })
}
