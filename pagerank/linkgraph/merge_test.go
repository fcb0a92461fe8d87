package linkgraph

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"freshrank/pagerank/link"
)

// merge is Merge with a base in memory.
func merge(t *testing.T, base, delta *Graph) *Graph {
	t.Helper()
	m := NewMerge(delta, base.Pages())
	head := func(p link.Page) link.State {
		s := base.State(p)
		s.Links, s.Edits = nil, nil
		return s
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	edits := func(w *Walk[link.Edit]) {
		for p := range link.Page(base.Pages()) {
			for _, e := range base.Edits[p] {
				check(w.Add(p, e))
			}
		}
		check(w.End())
	}
	links := func(w *Walk[link.Edge]) {
		for p := range link.Page(base.Pages()) {
			for _, e := range base.Edges(p) {
				check(w.Add(p, e))
			}
		}
		check(w.End())
	}
	for p := range link.Page(base.Pages()) {
		check(m.Page(p, []byte(base.URL(p)), head(p)))
	}
	check(m.Placed())
	edits(m.SeeEdits())
	links(m.SeeLinks())
	n := m.Number()

	g := &Graph{Added: map[link.Page]link.Version{}, Edits: map[link.Page][]link.Edit{}}
	g.Links.Start = []uint64{0}
	page := func(url []byte, _ bool, s link.State) error {
		p := link.Page(g.Pages())
		g.AppendPage(url, s.Kind, s.Version)
		if s.Kind == link.Alias {
			g.SetTarget(p, s.Target)
		}
		if !s.Added.IsZero() {
			g.Added[p] = s.Added
		}
		return nil
	}
	for p := range link.Page(base.Pages()) {
		check(m.MakePage(p, []byte(base.URL(p)), head(p), page))
	}
	check(m.MakePages(page))
	if g.Pages() != n {
		t.Fatalf("%d pages, want %d", g.Pages(), n)
	}
	edits(m.MakeEdits(func(p link.Page, e link.Edit) error {
		g.Edits[p] = append(g.Edits[p], e)
		return nil
	}))
	row := link.Page(0)
	links(m.MakeLinks(func(p link.Page, e link.Edge) error {
		for ; row < p; row++ {
			g.EndRow()
		}
		g.AppendLink(e.To, e.Rel)
		return nil
	}))
	for ; int(row) < n; row++ {
		g.EndRow()
	}
	return g
}

// TestMergeIsTheOverlay folds random events over several generations both ways: all in
// memory, and a part by itself that is then merged into a base. Late events, pages that
// only the new ones know, aliases, removals and parts without events are among them.
func TestMergeIsTheOverlay(t *testing.T) {
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
			got = merge(t, got, fold(nil, part).Graph())
			if d := cmp.Diff(want, got, equal); d != "" {
				t.Fatalf("seed %d (-overlay +merge):\n%s", seed, d)
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
