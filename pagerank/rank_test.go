package pagerank_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"freshrank/pagerank"
	"freshrank/pagerank/csr"
	"freshrank/pagerank/pageranktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func rank(t *testing.T, p pagerank.Problem, o pagerank.Options) *pagerank.Result {
	t.Helper()
	r, err := pagerank.Rank(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestHandGraphs compares with ranks worked out on paper.
func TestHandGraphs(t *testing.T) {
	for _, h := range pageranktest.Hand() {
		t.Run(h.Name, func(t *testing.T) {
			for _, a := range []float64{0.5, 0.85, 0.99} {
				r := rank(t, h.Problem(), pagerank.Options{Damping: a, Tolerance: 1e-11, MaxSweeps: 20_000})
				if !r.Converged {
					t.Fatalf("damping %v: not converged after %d sweeps", a, r.Sweeps)
				}
				var ranks []float64
				for u, want := range h.X(a) {
					served := r.X[u] + r.Residual[u]
					if math.Abs(served-want) > 1e-9 {
						t.Errorf("damping %v: x of page %d = %v, want %v", a, u, served, want)
					}
					ranks = append(ranks, served/r.Certificate.ServedSum())
				}
				if err := pageranktest.CheckSum(ranks); err != nil {
					t.Errorf("damping %v: %v", a, err)
				}
				if _, err := pageranktest.Verify(h.Problem(), r); err != nil {
					t.Errorf("damping %v: %v", a, err)
				}
			}
		})
	}
}

// randomProblem has duplicates, links back to the page, dangling pages, pages
// without in-links and, in every other case, pages that are no members.
func randomProblem(rng *rand.Rand) pagerank.Problem {
	n := 1 + rng.IntN(60)
	member := make([]bool, n)
	var inside []uint32
	for u := range member {
		if member[u] = u == 0 || rng.IntN(5) > 0; member[u] {
			inside = append(inside, uint32(u))
		}
	}
	if rng.IntN(2) == 0 {
		member, inside = nil, nil
		for u := range n {
			inside = append(inside, uint32(u))
		}
	}
	var b csr.Builder
	for range rng.IntN(5 * n) {
		skew := int(float64(len(inside)) * rng.Float64() * rng.Float64())
		b.Add(inside[rng.IntN(len(inside))], inside[skew])
	}
	out, err := b.Build(n)
	if err != nil {
		panic(err)
	}
	return pagerank.Problem{Out: out, Member: member}
}

func TestRankAgainstPush(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 1))
	for range 300 {
		p := randomProblem(rng)
		o := pagerank.Options{Damping: 0.3 + 0.65*rng.Float64(), Tolerance: math.Pow(10, -1-11*rng.Float64())}
		r := rank(t, p, o)
		if !r.Converged {
			t.Fatalf("%+v: not converged after %d sweeps: %v", o, r.Sweeps, r.Certificate.L1())
		}
		if _, err := pageranktest.Verify(p, r); err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
	}
}

func TestRankOnAWeb(t *testing.T) {
	p := pagerank.Problem{Out: pageranktest.NewWeb(1, 20_000, 200_000).Graph()}
	r := rank(t, p, pagerank.Options{})
	report, err := pageranktest.Verify(p, r)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d sweeps, ε %.2g, L1 %.2g certified, %.2g against push, page %d is worst with %.2g",
		r.Sweeps, r.Certificate.Epsilon(), r.Certificate.L1(), report.L1, report.Page, report.Relative)
	if !r.Converged || r.Certificate.L1() > 1e-9 {
		t.Errorf("L1 bound is %v after %d sweeps", r.Certificate.L1(), r.Sweeps)
	}
}

// TestMassIsBalanced holds that the total mass is put right at once. On a uniform
// random graph every other mode fades fast; left to itself the mass would fall short
// by a factor of only 0.85 a sweep, and 1e−6 take about 85 sweeps.
func TestMassIsBalanced(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	var b csr.Builder
	for u := range uint32(10_000) {
		for range 12 {
			b.Add(u, rng.Uint32N(10_000))
		}
	}
	out, err := b.Build(10_000)
	if err != nil {
		t.Fatal(err)
	}
	start := slices.Repeat([]float64{0.15}, 10_000)
	if r := rank(t, pagerank.Problem{Out: out}, pagerank.Options{Tolerance: 1e-6, Start: start}); r.Sweeps > 15 {
		t.Errorf("took %d sweeps", r.Sweeps)
	}
}

// TestAnyNumberOfWorkers holds that results are the same to the last bit.
func TestAnyNumberOfWorkers(t *testing.T) {
	p := pagerank.Problem{Out: pageranktest.NewWeb(2, 30_000, 400_000).Graph()}
	want := rank(t, p, pagerank.Options{Workers: 1, MaxSweeps: 10})
	for _, workers := range []int{2, 3, 7, 64} {
		got := rank(t, p, pagerank.Options{Workers: workers, MaxSweeps: 10})
		if !slices.Equal(got.X, want.X) || !slices.Equal(got.Residual, want.Residual) ||
			got.Certificate != want.Certificate || got.Sweeps != want.Sweeps {
			t.Errorf("%d workers and 1 give different results", workers)
		}
	}
}

// TestStartFromItsOwnResult holds that nothing is left to do.
func TestStartFromItsOwnResult(t *testing.T) {
	p := pagerank.Problem{Out: pageranktest.NewWeb(3, 20_000, 200_000).Graph()}
	again := rank(t, p, pagerank.Options{Start: rank(t, p, pagerank.Options{}).X})
	if again.Sweeps > 2 {
		t.Errorf("started from its own result, Rank took %d sweeps", again.Sweeps)
	}
}

// TestUnconverged holds that running out of sweeps is a result, and its certificate
// true.
func TestUnconverged(t *testing.T) {
	p := pagerank.Problem{Out: pageranktest.NewWeb(4, 2000, 20_000).Graph()}
	for _, most := range []int{1, 2, 5} {
		calls := 0
		r := rank(t, p, pagerank.Options{MaxSweeps: most, Progress: func(sweep int, l1 float64) {
			if calls++; sweep != calls || !(l1 > 0) {
				t.Errorf("call %d of Progress is for sweep %d with bound %v", calls, sweep, l1)
			}
		}})
		if r.Converged || r.Sweeps != most || calls != most {
			t.Errorf("converged %v after %d sweeps, %d reported: want false after %d", r.Converged, r.Sweeps, calls, most)
		}
		if _, err := pageranktest.Verify(p, r); err != nil {
			t.Errorf("after %d sweeps: %v", most, err)
		}
	}
}

func TestCancel(t *testing.T) {
	p := pagerank.Problem{Out: pageranktest.NewWeb(4, 2000, 20_000).Graph()}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last int
	r, err := pagerank.Rank(ctx, p, pagerank.Options{Progress: func(sweep int, _ float64) {
		if last = sweep; sweep == 3 {
			cancel()
		}
	}})
	if r != nil || !errors.Is(err, context.Canceled) || last != 3 {
		t.Errorf("cancelled in sweep 3: result %v, error %v, last sweep %d", r, err, last)
	}
	if _, err := pagerank.Rank(ctx, p, pagerank.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: error %v", err)
	}
}

func TestFaultsAreNamed(t *testing.T) {
	link := func(links ...[2]uint32) *csr.Graph {
		var b csr.Builder
		for _, l := range links {
			b.Add(l[0], l[1])
		}
		g, err := b.Build(3)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	graph := link([2]uint32{0, 1})
	for name, c := range map[string]struct {
		problem pagerank.Problem
		options pagerank.Options
		want    string
	}{
		"no graph":          {pagerank.Problem{}, pagerank.Options{}, "no graph"},
		"empty graph":       {pagerank.Problem{Out: &csr.Graph{}}, pagerank.Options{}, "no pages"},
		"no members":        {pagerank.Problem{Out: link(), Member: make([]bool, 3)}, pagerank.Options{}, "no pages"},
		"broken graph":      {pagerank.Problem{Out: &csr.Graph{Start: []uint64{0, 1}, Target: []uint32{4}}}, pagerank.Options{}, "page 4"},
		"members":           {pagerank.Problem{Out: graph, Member: []bool{true}}, pagerank.Options{}, "1 entries for 3 pages"},
		"link from outside": {pagerank.Problem{Out: graph, Member: []bool{false, true, true}}, pagerank.Options{}, "page 0 has 1 links"},
		"link to outside":   {pagerank.Problem{Out: graph, Member: []bool{true, false, true}}, pagerank.Options{}, "link 0 → 1"},
		"start length":      {pagerank.Problem{Out: graph}, pagerank.Options{Start: []float64{1}}, "1 entries for 3 pages"},
		"start NaN":         {pagerank.Problem{Out: graph}, pagerank.Options{Start: []float64{1, math.NaN(), 1}}, "page 1 has x = NaN"},
		"start Inf":         {pagerank.Problem{Out: graph}, pagerank.Options{Start: []float64{1, 1, math.Inf(1)}}, "page 2 has x = +Inf"},
		"damping 1":         {pagerank.Problem{Out: graph}, pagerank.Options{Damping: 1}, "damping 1"},
		"damping NaN":       {pagerank.Problem{Out: graph}, pagerank.Options{Damping: math.NaN()}, "damping NaN"},
		"tolerance":         {pagerank.Problem{Out: graph}, pagerank.Options{Tolerance: -1}, "tolerance -1"},
		"sweeps":            {pagerank.Problem{Out: graph}, pagerank.Options{MaxSweeps: -1}, "max sweeps -1"},
		"workers":           {pagerank.Problem{Out: graph}, pagerank.Options{Workers: -2}, "workers -2"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := pagerank.Rank(t.Context(), c.problem, c.options)
			if r != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("result %v, error %v: want an error with %q", r, err, c.want)
			}
		})
	}
}

// TestAnyStart holds that the wildest finite start ends in the same place.
func TestAnyStart(t *testing.T) {
	p := pagerank.Problem{Out: pageranktest.NewWeb(5, 300, 3000).Graph()}
	for _, value := range []float64{-1e300, 0, 5e-324, 1e-9, 1e9, math.MaxFloat64} {
		start := make([]float64, 300)
		for u := range start {
			if u%2 == 0 {
				start[u] = value
			}
		}
		r := rank(t, p, pagerank.Options{Start: start})
		if _, err := pageranktest.Verify(p, r); err != nil || !r.Converged {
			t.Errorf("start from %v: converged %v, %v", value, r.Converged, err)
		}
	}
}
