package bench

import (
	"math/rand/v2"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"freshrank/pagerank"
	"freshrank/pagerank/csr"
	"freshrank/pagerank/link"
	"freshrank/pagerank/pageranktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestPlainIsRight: a baseline that is wrong would be easy to beat.
func TestPlainIsRight(t *testing.T) {
	for _, h := range pageranktest.Hand() {
		s, err := Plain(t.Context(), h.Problem(), pagerank.Options{Workers: 2})
		if err != nil || !s.Converged {
			t.Fatalf("%s: %v", h.Name, err)
		}
		if _, err := pageranktest.Verify(h.Problem(), s.Result); err != nil {
			t.Errorf("%s: %v", h.Name, err)
		}
	}
	p := pagerank.Problem{Out: pageranktest.NewWeb(1, 20_000, 200_000).Graph()}
	s, err := Plain(t.Context(), p, pagerank.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pageranktest.Verify(p, s.Result); err != nil {
		t.Error(err)
	}
}

func TestRank(t *testing.T) {
	p := pagerank.Problem{Out: pageranktest.Kron(1, 10, 8)}
	r, err := Rank(t.Context(), "kron:10:8", p, pagerank.Options{}, 0, 3, 2)
	if err != nil {
		t.Fatal(err)
	}
	if r.Links != p.Out.Links() || r.CertifiedL1 > 1e-9 || !(r.SolveSeconds > 0 && r.Ratio.Solve > 0 && r.Ratio.Total > 0) ||
		!(r.Sweeps > 1 && r.Baseline.Sweeps > 1 && r.Limits.StreamGBs > 0 && r.Limits.GatherNs > 0) || r.PeakBytes < 1<<20 {
		t.Errorf("%+v %+v", r, r.Comparison)
	}
	if _, err := Rank(t.Context(), "", p, pagerank.Options{MaxSweeps: 2}, 0, 1, 2); err == nil {
		t.Error("two sweeps are enough")
	}
}

func TestParseMix(t *testing.T) {
	for s, want := range map[string]Mix{"crawl": {}, "add:80,remove:20": {80, 20}, "remove:1": {0, 1}} {
		if got, err := ParseMix(s); got != want || err != nil {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "add", "add:-1", "add:0,remove:0", "crawl,add:1", "add:x", "change:3"} {
		if got, err := ParseMix(s); err == nil {
			t.Errorf("%q: %+v", s, got)
		}
	}
}

// after returns the graph after the batches.
func after(r *rows, batches []batch) *csr.Graph {
	for _, b := range batches {
		seen := map[link.Page]bool{}
		for _, p := range r.apply(b) {
			if seen[p] {
				panic("a page is set twice in a batch")
			}
			seen[p] = true
		}
		r.fold(b.links)
	}
	return r.now()
}

// TestChangesAreWhatTheySay: additions put back what was taken out, removals take out
// what was there, and their number is the one asked for.
func TestChangesAreWhatTheySay(t *testing.T) {
	for _, hub := range []bool{false, true} {
		whole := pageranktest.Kron(3, 11, 8)
		o := SpeedOptions{Events: 400, Mix: Mix{75, 25}, Hubs: hub, Batch: 64, Seed: 5}
		r, batches, err := prepare(&csr.Graph{Start: slices.Clone(whole.Start), Target: slices.Clone(whole.Target)}, o)
		if err != nil {
			t.Fatal(err)
		}
		if len(batches) != 7 || r.base.Links() != whole.Links()-300 {
			t.Fatalf("%d batches, %d links less", len(batches), whole.Links()-r.base.Links())
		}
		now := after(r, batches)
		if err := now.Check(); err != nil || now.Links() != whole.Links()-100 {
			t.Fatalf("%d links of %d: %v", now.Links(), whole.Links(), err)
		}
		for u := range uint32(now.Pages()) {
			for i, v := range now.Row(u) {
				if _, was := slices.BinarySearch(whole.Row(u), v); !was || i > 0 && now.Row(u)[i-1] >= v {
					t.Fatalf("page %d: %v, of %v", u, now.Row(u), whole.Row(u))
				}
			}
		}
	}
	if _, _, err := prepare(pageranktest.Kron(3, 4, 2), SpeedOptions{Events: 1000, Mix: Mix{1, 1}, Batch: 1}); err == nil {
		t.Error("a graph has more links than it has")
	}
}

func TestCrawls(t *testing.T) {
	o := SpeedOptions{Events: 300, Batch: 100, Seed: 5}
	r, batches, err := prepare(pageranktest.NewWeb(1, 3000, 40_000).Graph(), o)
	if err != nil {
		t.Fatal(err)
	}
	changes, takenIn := 0, 0
	for _, b := range batches {
		changes, takenIn = changes+b.changes, takenIn+b.takenIn
	}
	if share := float64(changes) / 2 / float64(takenIn); len(batches) != 3 || share < 0.04 || share > 0.12 || takenIn < 300*20 {
		t.Errorf("%d batches, %d links, %.3f of them new", len(batches), takenIn, share)
	}
	before := r.base.Links()
	if now := after(r, batches); now.Check() != nil || now.Links() != before {
		t.Errorf("%d links, before %d", now.Links(), before)
	}
	if _, _, err := prepare(pageranktest.Uniform(1, 5, 1), SpeedOptions{Events: 1, Batch: 1}); err == nil {
		t.Error("a graph of pages with one or two links has none with thirty")
	}
}

// TestSpeed: Speed itself fails where an error is greater than certified.
func TestSpeed(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		p := pagerank.Problem{Out: pageranktest.NewWeb(rng.Uint64(), 2000+rng.IntN(2000), 40_000).Graph()}
		o := SpeedOptions{
			Events: 1 + rng.IntN(3000), Mix: []Mix{{}, {80, 20}, {0, 1}, {1, 0}}[rng.IntN(4)], Hubs: rng.IntN(2) == 0,
			Epsilon: []float64{0.3, 0.01, 1e-5}[rng.IntN(3)], Batch: 1 + rng.IntN(1000), Seed: rng.Uint64(),
			Damping: 0.85, Phase: func(string, int, int) {},
		}
		if o.Hubs {
			o.Events = min(o.Events, 1000)
		}
		r, err := Speed(t.Context(), "web", p, o)
		if err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
		if r.Events != o.Events || r.CertifiedEpsilon > 1.2*o.Epsilon || !(r.ActualMaxRelative > 0) || !(r.ChangesPerSecond > 0) {
			t.Errorf("%+v: %+v", o, r)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(c.of); got != c.want {
			t.Errorf("median of %v is %v", c.of, got)
		}
	}
}
