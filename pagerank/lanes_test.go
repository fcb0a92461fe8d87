package pagerank

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"freshrank/pagerank/csr"
)

// random is a graph of one large component and some pages around it.
func random(t *testing.T, pages, degree int) *csr.Graph {
	t.Helper()
	rng := rand.New(rand.NewPCG(6, uint64(pages)))
	b := csr.Builder{Dedupe: true}
	for u := range uint32(pages) {
		for range rng.IntN(2 * degree) {
			b.Add(u, rng.Uint32N(uint32(pages)))
		}
	}
	g, err := b.Build(pages)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// largest returns the block of most links.
func (s *Solver) largest() *block {
	var found *block
	for i := range s.steps {
		if b := &s.steps[i].blocks[0]; found == nil || b.links > found.links {
			found = b
		}
	}
	return found
}

// TestNoOneReadsWhatIsWritten holds that a link within a round but between lanes, and
// no other, leads to a ghost.
func TestNoOneReadsWhatIsWritten(t *testing.T) {
	g := random(t, 60_000, 10)
	s, err := NewSolver(Problem{Out: g})
	if err != nil {
		t.Fatal(err)
	}
	b, n := s.largest(), len(s.order)
	if len(b.lanes) < 2 || len(b.lanes[0]) < 3 {
		t.Fatalf("%d links in lanes %v", b.links, b.lanes)
	}
	if b.lanes[0][0] != b.lo || b.lanes[len(b.lanes)-1][len(b.lanes[0])-1] != b.hi {
		t.Errorf("lanes %v do not span %d … %d", b.lanes, b.lo, b.hi)
	}
	cell := func(v int) (lane, round int) {
		for lane = range b.lanes {
			for round = range len(b.lanes[lane]) - 1 {
				if v >= b.lanes[lane][round] && v < b.lanes[lane][round+1] {
					return lane, round
				}
			}
		}
		t.Fatalf("place %d is in no lane", v)
		return
	}
	ghosts := 0
	for v := b.lo; v < b.hi; v += 7 {
		lane, round := cell(v)
		for _, u := range s.inner(v) {
			ghost := int(u) >= n
			at, in := cell(int(u) % n)
			if want := in == round && at != lane; ghost != want {
				t.Fatalf("link of place %d in lane %d, round %d from %d, %d: ghost %v", v, lane, round, at, in, ghost)
			}
			if ghost {
				ghosts++
			}
		}
	}
	if ghosts == 0 {
		t.Error("no link leads to a ghost: the test is too tame")
	}
}

// TestLinksAreFollowedOnce holds that the two parts of the layout are the graph.
func TestLinksAreFollowedOnce(t *testing.T) {
	g := random(t, 60_000, 10)
	s, err := NewSolver(Problem{Out: g})
	if err != nil {
		t.Fatal(err)
	}
	in := g.Transpose()
	for v, page := range s.order {
		var row []uint32
		for _, u := range s.outer(v) {
			row = append(row, s.order[u])
			if int(u) >= v {
				t.Fatalf("place %d has a link from the later place %d outside of its component", v, u)
			}
		}
		for _, u := range s.inner(v) {
			row = append(row, s.order[int(u)%len(s.order)])
		}
		slices.Sort(row)
		if !slices.Equal(row, in.Row(page)) {
			t.Fatalf("page %d has links from %v, want %v", page, row, in.Row(page))
		}
	}
}

// TestLargeComponentAnyWorkers holds for lanes what TestAnyNumberOfWorkers holds for
// a whole web.
func TestLargeComponentAnyWorkers(t *testing.T) {
	s, err := NewSolver(Problem{Out: random(t, 100_000, 8)})
	if err != nil {
		t.Fatal(err)
	}
	want, err := s.Rank(t.Context(), Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{2, 3, 16} {
		got, err := s.Rank(t.Context(), Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.X, want.X) || !slices.Equal(got.Residual, want.Residual) || got.Followed != want.Followed {
			t.Errorf("%d workers and 1 give different results", workers)
		}
	}
}

// TestSweep compares sweeps, of rows of any length, with following link after link.
func TestSweep(t *testing.T) {
	short := graph(t, 4, [2]uint32{0, 1}, [2]uint32{1, 2}, [2]uint32{2, 3}, [2]uint32{3, 0}, [2]uint32{1, 0})
	for _, g := range []*csr.Graph{short, random(t, 3_000, 10)} {
		s, err := NewSolver(Problem{Out: g})
		if err != nil {
			t.Fatal(err)
		}
		o, err := Options{Workers: 1}.WithDefaults()
		if err != nil {
			t.Fatal(err)
		}
		r, b := s.newRun(t.Context(), o), s.largest()
		r.spread(1)
		want := slices.Clone(r.y)
		for from := b.lo; from < b.hi; from += stretch {
			delta := make([]float32, min(stretch, b.hi-from))
			change, wantChange := r.sweep(from, delta), 0.0
			for i := range delta {
				v := from + i
				x, before := r.next[v], want[v]
				for _, u := range s.inner(v) {
					x += want[u]
				}
				want[v] = x * r.w[v]
				wantChange += math.Abs(want[v]-before) / r.w[v]
				if math.Abs(r.y[v]-want[v]) > 1e-13*want[v] || math.Abs(float64(delta[i])-(want[v]-before)) > 1e-6*want[v] {
					t.Fatalf("place %d: %v, moved by %v; want %v, moved by %v", v, r.y[v], delta[i], want[v], want[v]-before)
				}
			}
			if math.Abs(change-wantChange) > 1e-12*wantChange {
				t.Fatalf("change %v, want %v", change, wantChange)
			}
		}
	}
}
