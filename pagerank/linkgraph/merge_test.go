package linkgraph

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"freshrank/pagerank/link"
)

// TestTallyAndMergeAreTheOverlay folds random events over several generations both ways: all in
// memory, and a part by itself, in any order, that is then joined with a base. Late events, pages that
// only the new ones know, aliases, removals and parts without events are among them.
func TestTallyAndMergeAreTheOverlay(t *testing.T) {
	lost := 0
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 9))
		events := randomEvents(rng, rng.IntN(80), 3+rng.IntN(12))
		if seed%2 == 0 { // of a few pages only, so that others lose the last that speaks of them
			events = slices.DeleteFunc(events, func(e link.Event) bool { return e.URL > url(2) })
		}
		want, got := NewOverlay(nil).Graph(), NewOverlay(nil).Graph()
		for len(events) > 0 {
			n := min(rng.IntN(30), len(events))
			part := events[:n]
			events = events[max(n, 1):]
			before := want
			want = fold(before, part).Graph()
			sum := NewTally()
			for _, i := range rng.Perm(len(part)) {
				sum.Add(&part[i])
			}
			delta, err := sum.Graph()
			if err == nil {
				got, err = join(got, delta)
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got, equal); d != "" {
				t.Fatalf("seed %d (-overlay +join):\n%s", seed, d)
			}
			if err := Check(got); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for p := range link.Page(before.Pages()) {
				if _, ok := got.Find(before.Key(p)); !ok {
					lost++
				}
			}
		}
	}
	if lost < 30 {
		t.Errorf("only %d pages were dropped: the test has lost its power", lost)
	}
}

func TestMergeRefusesWhatIsNoGraph(t *testing.T) {
	for name, add := range map[string]func(*Merge) error{
		"order": func(m *Merge) error { return m.Page(1, []byte(url(0)), link.State{}) },
		"kind":  func(m *Merge) error { return m.Page(1, []byte(url(2)), link.State{Kind: 9}) },
		"alias": func(m *Merge) error { return m.Page(1, []byte(url(2)), link.State{Kind: link.Alias, Target: 3}) },
	} {
		m := NewMerge(&Graph{}, 3)
		if err := m.Page(0, []byte(url(1)), link.State{}); err != nil {
			t.Fatal(err)
		}
		if add(m) == nil {
			t.Errorf("%s: not refused", name)
		}
	}
}

func TestRanked(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 65, 128, 1000} {
		rng := rand.New(rand.NewPCG(uint64(n), 1))
		r, all := newRanked(n), []uint32{}
		for p := range uint32(n) {
			if rng.IntN(3) == 0 {
				r.set(p)
				all = append(all, p)
			}
		}
		r.count()
		for p := range uint32(n + 1) {
			want, _ := slices.BinarySearch(all, p)
			if got := r.rank(p); got != uint32(want) {
				t.Fatalf("n %d: rank of %d is %d, want %d", n, p, got, want)
			}
		}
	}
}
