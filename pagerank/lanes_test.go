package pagerank

import (
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
