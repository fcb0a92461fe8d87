package linkgraph

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"freshrank/pagerank/csr"
	"freshrank/pagerank/link"
)

func url(i int) string { return fmt.Sprintf("http://h%02d.example/", i) }

func randomEvents(rng *rand.Rand, n, pages int) []link.Event {
	events := make([]link.Event, n)
	for i := range events {
		e := link.Event{
			ID: fmt.Sprint(rng.IntN(n)), Tie: rng.Uint64(), Time: time.Unix(1+rng.Int64N(int64(n)), 0).UTC(),
			Type: link.Type(1 + rng.IntN(5)), URL: url(rng.IntN(pages)),
		}
		switch e.Type {
		case link.PageCrawled:
			for to := range pages {
				if rng.IntN(4) == 0 && url(to) != e.URL {
					e.Links = append(e.Links, link.Link{URL: url(to), Rel: link.Rel(rng.IntN(8) & rng.IntN(8))})
				}
			}
		case link.PageAlias, link.LinkAdded, link.LinkRemoved:
			e.Target = url(rng.IntN(pages))
		}
		events[i] = e
	}
	return events
}

func fold(base *Graph, events []link.Event) *Overlay {
	o := NewOverlay(base)
	for _, e := range events {
		o.Apply(&e)
	}
	return o
}

var equal = cmp.Options{cmpopts.IgnoreUnexported(Graph{}), cmp.AllowUnexported(URLs{}, urlPart{}, Versions{}), cmpopts.EquateEmpty()}

// TestCutAnywhere folds the same events in one go, in two generations cut
// anywhere, shuffled with repetitions, and by moving a live overlay on to a newer
// base that has seen some of its events and some that it has not: always the same
// graph.
func TestCutAnywhere(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 2))
		events := randomEvents(rng, 5+rng.IntN(60), 3+rng.IntN(10))
		whole := fold(nil, events).Graph()
		if err := Check(whole); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		cut := rng.IntN(len(events) + 1)
		first := fold(nil, events[:cut]).Graph()
		if d := cmp.Diff(whole, fold(first, events[cut:]).Graph(), equal); d != "" {
			t.Fatalf("seed %d: cut at %d of %d (-whole +cut):\n%s", seed, cut, len(events), d)
		}
		shuffled := append(slices.Clone(events), events[:cut]...)
		rng.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if d := cmp.Diff(whole, fold(nil, shuffled).Graph(), equal); d != "" {
			t.Fatalf("seed %d: shuffled (-whole +shuffled):\n%s", seed, d)
		}
		// A live overlay over an older base, at any offset before or after the cut.
		older, at := rng.IntN(cut+1), rng.IntN(len(events)+1)
		live := fold(fold(nil, events[:older]).Graph(), events[older:max(older, at)])
		moved := live.Rebase(first)
		for _, e := range events[min(cut, max(older, at)):] {
			moved.Apply(&e)
		}
		if d := cmp.Diff(whole, moved.Graph(), equal); d != "" {
			t.Fatalf("seed %d: base moved from %d to %d at %d (-whole +moved):\n%s", seed, older, cut, at, d)
		}
		// The same in steps, between which more events come.
		live = fold(fold(nil, events[:older]).Graph(), events[older:max(older, at)])
		from := min(cut, max(older, at))
		steps := live.BeginRebase(first)
		for next := max(older, at); !steps.Step(1 + rng.IntN(3)); next++ {
			if next < len(events) {
				live.Apply(&events[next])
			}
		}
		for _, e := range events[from:] {
			steps.To.Apply(&e)
		}
		if d := cmp.Diff(whole, steps.To.Graph(), equal); d != "" {
			t.Fatalf("seed %d: base moved in steps from %d to %d at %d (-whole +moved):\n%s", seed, older, cut, at, d)
		}
	}
}

// TestManyLinks folds events of one page with hundreds of links, whose single-link
// events wait for each other, and looks at the state now and then: it is always what
// the events give one by one.
func TestManyLinks(t *testing.T) {
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 5))
		o := NewOverlay(nil)
		want := link.State{Target: link.NoPage}
		for i := range 2000 {
			e := link.Event{
				ID: fmt.Sprint(rng.IntN(9)), Tie: rng.Uint64N(3), Time: time.Unix(1+rng.Int64N(3000), 0),
				Type: link.LinkAdded, URL: url(0), Target: url(1 + rng.IntN(300)), Rel: link.Rel(rng.IntN(2)),
			}
			switch k := rng.IntN(1000); {
			case k < 300:
				e.Type = link.LinkRemoved
			case k < 303:
				e.Type = link.PageCrawled
				for to := range 300 {
					if rng.IntN(2) == 0 {
						e.Links = append(e.Links, link.Link{URL: url(to + 1)})
					}
				}
			case k < 305:
				e.Type = link.PageAlias
			}
			e.Tie = e.Tie<<32 | uint64(i) // no two alike
			c, changed := o.Apply(&e)
			u, _ := e.Update(o.intern)
			if did := want.Apply(u); did && !changed {
				t.Fatalf("seed %d: event %d has changed the state, Apply says no", seed, i)
			}
			if rng.IntN(50) == 0 {
				if d := cmp.Diff(want, o.State(c.Page), cmpopts.EquateEmpty()); d != "" {
					t.Fatalf("seed %d: event %d (-want +got):\n%s", seed, i, d)
				}
			}
		}
		if d := cmp.Diff(want, o.State(0), cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, d)
		}
	}
}

// TestOnePageLinkByLink gives one page very many links one by one, oldest first and
// newest first. That takes less than a second where events wait for each other, and
// minutes where each costs as much as the page has links.
func TestOnePageLinkByLink(t *testing.T) {
	const links = 50_000
	o := NewOverlay(nil)
	began := time.Now()
	for i := range links {
		at := int64(i)
		if i%2 == 0 {
			at = 2*links - at
		}
		o.Apply(&link.Event{ID: "a", Type: link.LinkAdded, Time: time.Unix(1+at, 0), URL: url(0), Target: url(1 + i)})
	}
	if got := len(o.State(0).Links); got != links {
		t.Errorf("%d links: want %d", got, links)
	}
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("%d links took %v", links, took)
	} else {
		t.Log(took)
	}
}

// TestRebaseForgets shows that an overlay whose events the new base has all
// folded in keeps nothing.
func TestRebaseForgets(t *testing.T) {
	events := randomEvents(rand.New(rand.NewPCG(7, 7)), 200, 20)
	o := fold(nil, events)
	if r := o.Rebase(o.Graph()); len(r.Touched()) != 0 {
		t.Fatalf("%d pages are still touched after a rebase on the same events", len(r.Touched()))
	}
}

func TestEffective(t *testing.T) {
	at := func(i int64) time.Time { return time.Unix(i, 0).UTC() }
	crawled := func(from int, to ...link.Link) link.Event {
		return link.Event{ID: "c", Type: link.PageCrawled, Time: at(1), URL: url(from), Links: to}
	}
	alias := func(from, to int) link.Event {
		return link.Event{ID: "a", Type: link.PageAlias, Time: at(1), URL: url(from), Target: url(to)}
	}
	to := func(i int) link.Link { return link.Link{URL: url(i)} }
	marked := func(i int) link.Link { return link.Link{URL: url(i), Rel: link.NoFollow} }
	tests := map[string]struct {
		events []link.Event
		want   string // page: status, alias target, links
	}{
		"a marked link brings nobody in": {
			[]link.Event{crawled(0, marked(1))},
			"0 ranked [] | 1 unknown [] | N=1",
		},
		"an alias hands on what reaches it": {
			[]link.Event{crawled(0, to(1)), alias(1, 2)},
			"0 ranked [2] | 1 alias→2 [] | 2 ranked [] | N=2",
		},
		"an alias that nothing reaches brings its target in for nobody": {
			[]link.Event{crawled(0, to(3)), alias(1, 2)},
			"0 ranked [3] | 1 alias→2 [] | 2 unknown [] | 3 ranked [] | N=2",
		},
		"links count as published where two lead to one page": {
			[]link.Event{crawled(0, to(1), to(2)), alias(1, 2)},
			"0 ranked [2 2] | 1 alias→2 [] | 2 ranked [] | N=2",
		},
		"a chain ends where no alias is": {
			[]link.Event{crawled(0, to(1)), alias(1, 2), alias(2, 3)},
			"0 ranked [3] | 1 alias→3 [] | 2 alias→3 [] | 3 ranked [] | N=2",
		},
		"a cycle is no alias, what leads to it is": {
			[]link.Event{crawled(0, to(1)), alias(1, 2), alias(2, 3), alias(3, 2)},
			"0 ranked [2] | 1 alias→2 [] | 2 ranked [] | 3 unknown [] | N=2",
		},
		"an alias of itself is none": {
			[]link.Event{crawled(0, to(1)), alias(1, 1)},
			"0 ranked [1] | 1 ranked [] | N=2",
		},
		"a gone page that is linked has a rank": {
			[]link.Event{crawled(0, to(1)), {ID: "g", Type: link.PageGone, Time: at(2), URL: url(1)}},
			"0 ranked [1] | 1 gone [] | N=2",
		},
		"an added link ends an alias": {
			[]link.Event{alias(0, 1), {ID: "l", Type: link.LinkAdded, Time: at(2), URL: url(0), Target: url(2)}},
			"0 ranked [2] | 1 unknown [] | 2 ranked [] | N=2",
		},
		"and taking that link away again does not bring the alias back": {
			[]link.Event{
				alias(0, 1),
				{ID: "r", Type: link.LinkRemoved, Time: at(3), URL: url(0), Target: url(2)},
				{ID: "l", Type: link.LinkAdded, Time: at(2), URL: url(0), Target: url(2)},
				crawled(3, to(0)),
			},
			"0 ranked [] | 1 unknown [] | 2 unknown [] | 3 ranked [0] | N=2",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			g := fold(nil, tc.events).Graph()
			e := g.Effective(link.DropMarked)
			got := ""
			for p := range link.Page(g.Pages()) {
				arrow := ""
				if e.Root[p] != link.NoPage {
					arrow = fmt.Sprintf("→%d", e.Root[p])
				}
				got += fmt.Sprintf("%d %v%s %d | ", p, e.Status(g, p), arrow, e.Out.Row(uint32(p)))
			}
			if got += fmt.Sprintf("N=%d", e.Pages); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestBuilder(t *testing.T) {
	b := NewBuilder()
	if _, err := b.Graph(); !errors.Is(err, ErrNoPages) {
		t.Errorf("Graph of nothing: %v", err)
	}
	b.AddPage("http://z.example/")
	if _, err := b.Graph(); !errors.Is(err, ErrNoLinks) {
		t.Errorf("Graph of one page: %v", err)
	}
	b.AddLink("http://c.example/", "http://a.example/", link.NoFollow)
	b.AddLink("http://c.example/", "http://a.example/", 0)
	b.AddLink("http://c.example/", "http://c.example/", 0)
	b.AddLink("http://c.example/", "http://b.example/", link.UGC)
	g, err := b.Graph()
	if err != nil {
		t.Fatal(err)
	}
	want := &Graph{Links: csr.Graph{Start: []uint64{0, 0, 0, 2, 2}, Target: []uint32{0, 1}}, Rels: []link.Rel{0, link.UGC}}
	want.AppendPage([]byte("http://a.example/"), link.Unseen, link.Version{})
	want.AppendPage([]byte("http://b.example/"), link.Unseen, link.Version{})
	want.AppendPage([]byte("http://c.example/"), link.Crawled, link.Imported)
	want.AppendPage([]byte("http://z.example/"), link.Crawled, link.Imported)
	if d := cmp.Diff(want, g, equal); d != "" {
		t.Errorf("graph (-want +got):\n%s", d)
	}
	if err := Check(g); err != nil {
		t.Error(err)
	}
	if got, want := b.Stats(), (Stats{Pages: 4, Links: 2, Duplicates: 1, SelfLoops: 1}); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
}

// TestCheckNamesTheFault spoils a graph in every way that Check looks for.
func TestCheckNamesTheFault(t *testing.T) {
	graph := func() *Graph {
		at := func(i int64) time.Time { return time.Unix(i, 0).UTC() }
		return fold(nil, []link.Event{
			{ID: "c", Type: link.PageCrawled, Time: at(1), URL: url(0), Links: []link.Link{{URL: url(1)}, {URL: url(2)}}},
			{ID: "a", Type: link.LinkAdded, Time: at(2), URL: url(0), Target: url(3)},
			{ID: "r", Type: link.LinkRemoved, Time: at(3), URL: url(0), Target: url(4)},
			{ID: "s", Type: link.PageAlias, Time: at(1), URL: url(4), Target: url(1)},
		}).Graph()
	}
	if err := Check(graph()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(*Graph)
		want  string
	}{
		"a column":  {func(g *Graph) { g.Kinds = g.Kinds[1:] }, "4 kinds"},
		"first row": {func(g *Graph) { g.Links.Start[0] = 1 }, "rows end"},
		"last row":  {func(g *Graph) { g.Links.Start[5] = 2 }, "rows end"},
		"a row":     {func(g *Graph) { g.Links.Start[2] = 1 }, "row from 3 to 1"},
		"URLs out of order": {func(g *Graph) {
			g.URLs = URLs{}
			for _, i := range []int{0, 1, 1, 3, 4} {
				g.URLs.Append([]byte(url(i)))
			}
		}, "page 2: URL"},
		"a kind":                   {func(g *Graph) { g.Kinds[3] = 9 }, "unknown kind 9"},
		"an alias of nothing":      {func(g *Graph) { delete(g.Targets, 4) }, "page 4: kind 3"},
		"an alias too far":         {func(g *Graph) { g.Targets[4] = 5 }, "page 4: kind 3"},
		"a target too much":        {func(g *Graph) { g.Targets[1] = 0 }, "page 1: kind 0"},
		"a link too far":           {func(g *Graph) { g.Links.Target[2] = 5 }, "link 2 of its row"},
		"a link to itself":         {func(g *Graph) { g.Links.Target[0] = 0 }, "link 0 of its row"},
		"a link twice":             {func(g *Graph) { g.Links.Target[1] = 1 }, "link 1 of its row"},
		"an addition of no page":   {func(g *Graph) { g.Added[5] = link.Imported }, "newest addition"},
		"single links of no page":  {func(g *Graph) { g.Edits[5] = nil }, "page 5 of 5"},
		"a single link too far":    {func(g *Graph) { g.Edits[0][1].To = 5 }, "single-link event 1"},
		"a single link to itself":  {func(g *Graph) { g.Edits[0][0].To = 0 }, "single-link event 0"},
		"a single link twice":      {func(g *Graph) { g.Edits[0][1].To = 3 }, "single-link event 1"},
		"single links not in line": {func(g *Graph) { g.Edits[0][0].To = 4; g.Edits[0][1].To = 3 }, "single-link event 1"},
	} {
		t.Run(name, func(t *testing.T) {
			g := graph()
			c.spoil(g)
			if err := Check(g); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
