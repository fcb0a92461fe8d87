package view_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"freshrank/migrations/migrationstest"
	"freshrank/pagerank/link"
	"freshrank/serving"
	"freshrank/serving/view"
)

const (
	a = "https://www.a.example/"
	b = "https://www.b.example/"
	c = "https://www.b.example/c"
	d = "https://d.example/"
	e = "https://e.example/"
	f = "https://f.example/"
)

// What the generation says, and what the overlay has changed.
var (
	baseRows = []row{
		{url: a, status: "ranked", x: 4},
		{url: b, status: "ranked", x: 2},
		{url: c, status: "alias", target: b},
		{url: d, status: "gone", x: 1},
		{url: e, status: "gone"},
	}
	speedRows = []row{
		{url: b, status: "ranked", x: 3, base: 2},
		{url: f, status: "ranked", x: 0.5},
		{url: e, status: "alias", target: f},
		{url: d, status: "unknown", base: 1},
	}
)

func page(url string, status serving.Status, x, base float64) serving.Page {
	return serving.Page{Key: link.KeyOf(url), Status: status, X: x, BaseX: base, Ranked: x != 0}
}

func leadsTo(p serving.Page, url string) serving.Page {
	p.Target = &serving.Target{Key: link.KeyOf(url), URL: url}
	return p
}

func keys(urls ...string) []link.PageKey {
	out := make([]link.PageKey, len(urls))
	for i, u := range urls {
		out[i] = link.KeyOf(u)
	}
	return out
}

func TestPages(t *testing.T) {
	l, v := newLayers(t)
	ask := keys(e, a, b, c, d, f, a)
	check := func(pair serving.Pair, want ...serving.Page) {
		t.Helper()
		snap, got, err := v.Pages(t.Context(), ask)
		if err != nil {
			t.Fatal(err)
		}
		if snap.Pair != pair {
			t.Errorf("pair %v, want %v", snap.Pair, pair)
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
	}
	if _, _, err := v.Pages(t.Context(), ask); !errors.Is(err, serving.ErrNotReady) {
		t.Fatalf("before the first generation: %v, want %v", err, serving.ErrNotReady)
	}
	unheard := serving.Page{Key: link.KeyOf(f), Status: serving.Unknown}

	l.generation(1, []int64{10, 10}, baseRows)
	check(serving.Pair{Generation: 1},
		page(e, "gone", 0, 0), page(a, "ranked", 4, 4), page(b, "ranked", 2, 2), leadsTo(page(c, "alias", 2, 2), b),
		page(d, "gone", 1, 1), unheard, page(a, "ranked", 4, 4))

	number := l.view(1, []int64{10, 10}, 7.5, speedRows)
	check(serving.Pair{Generation: 1, View: number, Sequence: 5},
		leadsTo(page(e, "alias", 0.5, 0), f), page(a, "ranked", 4, 4), page(b, "ranked", 3, 2), leadsTo(page(c, "alias", 3, 2), b),
		page(d, "unknown", 0, 1), page(f, "ranked", 0.5, 0), page(a, "ranked", 4, 4))

	if _, got, err := v.Pages(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("no keys: %v, %v", got, err)
	}
}

func TestSnapshot(t *testing.T) {
	l, v := newLayers(t)
	l.generation(1, []int64{10, 10}, baseRows)
	snap, _, err := v.Pages(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !snap.AsOf.Equal(epoch) || snap.Lag != time.Hour || snap.XMax != 4 || snap.Certificate.Sum != 7 || !slices.Equal(snap.Quantiles, []float64{1, 2, 4}) {
		t.Errorf("of the generation: %+v", snap)
	}
	l.view(1, []int64{10, 10}, 7.5, speedRows)
	snap, _, err = v.Pages(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c := snap.Certificate
	if !snap.AsOf.Equal(epoch.Add(time.Minute)) || snap.Lag != 59*time.Minute || snap.XMax != 9 || c.Sum != 7.5 || c.Slack != 0.001 || c.EpsilonMinus != 0.02 {
		t.Errorf("of the view: %+v", snap)
	}
}

// TestPairRule: what is read, by what the layers have published.
func TestPairRule(t *testing.T) {
	tests := []struct {
		name    string
		publish func(*layers) (view int64)
		want    serving.Pair // View: 1 stands for the view that publish returns
	}{
		{"generation alone", func(l *layers) int64 { l.generation(1, []int64{5, 5}, baseRows); return 0 }, serving.Pair{Generation: 1}},
		{"view over the active generation", func(l *layers) int64 {
			l.generation(1, []int64{5, 5}, baseRows)
			return l.view(1, []int64{5, 5}, 7, nil)
		}, serving.Pair{Generation: 1, View: 1, Sequence: 5}},
		{"handover: the old view knows all that the new generation knows", func(l *layers) int64 {
			l.generation(1, []int64{5, 5}, baseRows)
			n := l.view(1, []int64{9, 7}, 7, nil)
			l.generation(2, []int64{9, 6}, baseRows)
			return n
		}, serving.Pair{Generation: 1, View: 1, Sequence: 5}},
		{"the old view trails the new generation", func(l *layers) int64 {
			l.generation(1, []int64{5, 5}, baseRows)
			n := l.view(1, []int64{9, 5}, 7, nil)
			l.generation(2, []int64{9, 6}, baseRows)
			return n
		}, serving.Pair{Generation: 2}},
		{"the generation under the view was dropped", func(l *layers) int64 {
			l.generation(1, []int64{5, 5}, baseRows)
			n := l.view(1, []int64{9, 9}, 7, nil)
			l.generation(2, []int64{9, 6}, baseRows)
			l.drop(1)
			return n
		}, serving.Pair{Generation: 2}},
		{"rolled back: the view of a later generation covers the earlier one", func(l *layers) int64 {
			l.generation(1, []int64{5, 5}, baseRows)
			l.generation(2, []int64{9, 6}, baseRows)
			n := l.view(2, []int64{9, 6}, 7, nil)
			l.activate(1)
			return n
		}, serving.Pair{Generation: 2, View: 1, Sequence: 5}},
		{"a partition was added", func(l *layers) int64 {
			l.generation(1, []int64{5}, baseRows)
			n := l.view(1, []int64{9}, 7, nil)
			l.generation(2, []int64{9, 1}, baseRows)
			return n
		}, serving.Pair{Generation: 2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l, fresh := newLayers(t)
			if test.want.View == 1 {
				test.want.View = test.publish(l)
			} else {
				test.publish(l)
			}
			snap, _, err := fresh.Pages(t.Context(), keys(a))
			if err != nil {
				t.Fatal(err)
			}
			if snap.Pair != test.want {
				t.Errorf("pair %v, want %v", snap.Pair, test.want)
			}
		})
	}
}

// TestAsOfNeverGoesBack: a generation that has overtaken the speed layer holds all that the
// view had, and so what the view had claimed; one that has not does not replace the view.
func TestAsOfNeverGoesBack(t *testing.T) {
	for _, c := range []struct {
		view, cut  []int64
		generation int64
	}{
		{[]int64{9, 5}, []int64{9, 6}, 2},
		{[]int64{9, 5}, []int64{8, 6}, 1}, // it lacks a record that the view has
	} {
		l, fresh := newLayers(t)
		l.generation(1, []int64{5, 5}, baseRows)
		l.view(1, c.view, 7, nil)
		l.generation(2, c.cut, baseRows)
		snap, _, err := fresh.Pages(t.Context(), keys(a))
		if err != nil || snap.Generation != c.generation || !snap.AsOf.Equal(epoch.Add(time.Minute)) {
			t.Errorf("view at %v, cut %v: as of %v from %v, error %v; want the view's as_of, from generation %d", c.view, c.cut, snap.AsOf, snap.Pair, err, c.generation)
		}
	}
}

// TestAsOfNeverGoesBackInTheHandover: a generation has overtaken the speed layer, which is
// cut off; then a publication that was held up on the way comes through. It has read past
// the cut, but knows where the log ended at an earlier moment only.
func TestAsOfNeverGoesBackInTheHandover(t *testing.T) {
	l, v := newLayers(t)
	l.generation(1, []int64{5, 5}, baseRows)
	number := l.view(1, []int64{9, 5}, 7, nil)
	l.generation(2, []int64{9, 6}, baseRows)
	frozen := epoch.Add(2 * time.Minute)
	exec(t, l.batch, "UPDATE batch_generation SET as_of = $1 WHERE generation = 2", frozen)
	for _, step := range []struct {
		offsets string
		looked  time.Duration // after epoch
		want    serving.Pair
		asOf    time.Time
	}{
		{"{9,5}", time.Minute, serving.Pair{Generation: 2}, frozen},
		{"{9,6}", 2*time.Minute - time.Millisecond, serving.Pair{Generation: 1, View: number, Sequence: 5}, frozen},
		{"{10,6}", 2*time.Minute + time.Millisecond, serving.Pair{Generation: 1, View: number, Sequence: 5}, frozen.Add(time.Millisecond)},
	} {
		exec(t, l.speed, "UPDATE speed_view SET offsets = '"+step.offsets+"', as_of = $1", epoch.Add(step.looked))
		snap, _, err := v.Pages(t.Context(), keys(a))
		if err != nil || snap.Pair != step.want || !snap.AsOf.Equal(step.asOf) {
			t.Errorf("view at %s: as of %v from %v, error %v; want as of %v from %v", step.offsets, snap.AsOf, snap.Pair, err, step.asOf, step.want)
		}
	}
}

// TestFollows: a View that holds a pair in memory meets each change of it.
func TestFollows(t *testing.T) {
	l, v := newLayers(t)
	see := func(want serving.Pair) {
		t.Helper()
		snap, _, err := v.Pages(t.Context(), keys(a))
		if err != nil {
			t.Fatal(err)
		}
		if snap.Pair != want {
			t.Errorf("pair %v, want %v", snap.Pair, want)
		}
	}
	l.generation(1, []int64{5, 5}, baseRows)
	see(serving.Pair{Generation: 1})
	one := l.view(1, []int64{5, 5}, 7, nil)
	see(serving.Pair{Generation: 1, View: one, Sequence: 5})
	l.generation(2, []int64{9, 9}, baseRows) // the view has not seen up to its cut
	see(serving.Pair{Generation: 2})
	exec(t, l.speed, "UPDATE speed_view SET offsets = '{9,9}', sequence = 6") // now it has
	see(serving.Pair{Generation: 1, View: one, Sequence: 6})
	two := l.view(2, []int64{9, 9}, 7, nil)
	l.drop(1)
	see(serving.Pair{Generation: 2, View: two, Sequence: 5})
	l.generation(3, []int64{9, 9}, baseRows)
	l.drop(2)
	see(serving.Pair{Generation: 3})
}

func TestTop(t *testing.T) {
	l, v := newLayers(t)
	var base, overlay, want []row
	for i := range 60 {
		host := []string{"p.example", "q.example"}[i%2]
		r := row{url: fmt.Sprintf("https://%s/%d", host, i), status: "ranked", x: float64(i/5) + 1} // ties
		base = append(base, r)
		switch i % 6 {
		case 0: // moved
			r.base, r.x = r.x, float64((i*7)%13)+0.5
			overlay = append(overlay, r)
		case 1: // lost its rank
			r.base, r.x, r.status = r.x, 0, "unknown"
			overlay = append(overlay, r)
			continue
		}
		want = append(want, r)
	}
	for i := range 10 {
		r := row{url: fmt.Sprintf("https://q.example/new%d", i), status: "ranked", x: float64(i) + 1}
		overlay, want = append(overlay, r), append(want, r)
	}
	slices.SortFunc(want, func(p, q row) int {
		return cmp.Or(cmp.Compare(q.x, p.x), link.PageKey(p.key()).Compare(q.key()))
	})
	l.generation(1, []int64{1}, base)
	number := l.view(1, []int64{1}, 300, overlay)

	for _, host := range []string{"", "q.example", "nobody.example"} {
		for _, limit := range []int{1, 7, 1000} {
			var got []string
			q := serving.TopQuery{Limit: limit, Host: host}
			for {
				snap, pages, err := v.Top(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range pages {
					got = append(got, p.URL)
				}
				if len(pages) < limit {
					break
				}
				last := pages[limit-1]
				q.After = &serving.TopMark{Generation: snap.Generation, View: snap.View, X: last.X, Key: last.Key}
			}
			var expect []string
			for _, r := range want {
				if host == "" || link.HostOf(r.url) == host {
					expect = append(expect, r.url)
				}
			}
			if !slices.Equal(got, expect) {
				t.Errorf("host %q, limit %d: got %v\nwant %v", host, limit, got, expect)
			}
		}
	}

	mark := &serving.TopMark{Generation: 1, View: number, X: 5}
	l.view(1, []int64{2}, 300, overlay)
	if _, _, err := v.Top(t.Context(), serving.TopQuery{Limit: 1, After: mark}); !errors.Is(err, serving.ErrViewMoved) {
		t.Errorf("cursor of a replaced view: %v, want %v", err, serving.ErrViewMoved)
	}
}

func TestSums(t *testing.T) {
	l, v := newLayers(t)
	l.generation(1, []int64{1}, baseRows)
	l.view(1, []int64{1}, 7.5, append(slices.Clone(speedRows),
		row{url: "https://new.b.example/", status: "ranked", x: 0.25}))
	tests := []struct {
		ask  func() (serving.Snapshot, serving.Sum, error)
		want serving.Sum
	}{
		{func() (serving.Snapshot, serving.Sum, error) { return v.Host(t.Context(), "www.a.example") }, serving.Sum{Pages: 1, X: 4, BaseX: 4, Domain: "a.example"}},
		{func() (serving.Snapshot, serving.Sum, error) { return v.Host(t.Context(), "www.b.example") }, serving.Sum{Pages: 1, X: 3, BaseX: 2, Domain: "b.example"}},
		{func() (serving.Snapshot, serving.Sum, error) { return v.Host(t.Context(), "d.example") }, serving.Sum{Pages: 0, X: 0, BaseX: 1, Domain: "d.example"}},
		{func() (serving.Snapshot, serving.Sum, error) { return v.Host(t.Context(), "nobody.example") }, serving.Sum{}},
		{func() (serving.Snapshot, serving.Sum, error) { return v.Domain(t.Context(), "b.example") }, serving.Sum{Pages: 2, X: 3.25, BaseX: 2, Domain: "b.example"}},
		{func() (serving.Snapshot, serving.Sum, error) { return v.Domain(t.Context(), "f.example") }, serving.Sum{Pages: 1, X: 0.5, Domain: "f.example"}},
	}
	for i, test := range tests {
		if _, got, err := test.ask(); err != nil || got != test.want {
			t.Errorf("%d: got %+v, %v; want %+v", i, got, err, test.want)
		}
	}
}

func TestHealthAndGenerations(t *testing.T) {
	l, v := newLayers(t)
	if h, err := v.Health(t.Context()); err != nil || h.Ready {
		t.Fatalf("before the first generation: %+v, %v", h, err)
	}
	if list, err := v.Generations(t.Context(), 10, 0); err != nil || len(list) != 0 {
		t.Fatalf("before the first generation: %v, %v", list, err)
	}
	l.generation(1, []int64{5, 5}, baseRows)
	number := l.view(1, []int64{9, 8}, 7.5, speedRows)
	l.generation(2, []int64{9, 6}, baseRows)
	h, err := v.Health(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !h.Ready || h.Generation != 1 || h.View != number || h.Active.Generation != 2 || !h.Active.Active || !h.Applied.Equal(link.Offsets{9, 8}) ||
		!h.End.Equal(link.Offsets{20, 20}) || h.Applied.Behind(h.End) != 23 || h.EpsilonAim != 0.01 || h.Links != 12 ||
		!h.Speed.Used || h.Speed.Events != 3 || h.Speed.DeadLetters != 1 || h.Parameters["rel_policy"] != "drop-marked" {
		t.Errorf("health %+v, speed %+v", h, h.Speed)
	}
	list, err := v.Generations(t.Context(), 1, 0)
	if err != nil || len(list) != 1 || list[0].Generation != 2 || !list[0].Active {
		t.Fatalf("first: %+v, %v", list, err)
	}
	list, err = v.Generations(t.Context(), 5, 2)
	if err != nil || len(list) != 1 || list[0].Generation != 1 || list[0].Active || !list[0].Cut.Equal(link.Offsets{5, 5}) || list[0].Certificate.Pages != 3 {
		t.Fatalf("rest: %+v, %v", list, err)
	}
}

// TestUnavailable: a database that does not answer is worth a retry.
func TestUnavailable(t *testing.T) {
	l, _ := newLayers(t)
	pool := l.batch
	v := view.New(pool, time.Now)
	pool.Close()
	for name, err := range map[string]error{
		"pages":  third(v.Pages(t.Context(), keys(a))),
		"health": second(v.Health(t.Context())),
		"runs":   second(v.List(t.Context(), 1, nil)),
	} {
		if !errors.Is(err, serving.ErrUnavailable) {
			t.Errorf("%s on a closed pool: %v, want %v", name, err, serving.ErrUnavailable)
		}
	}
}

// TestRefusedConnection: what the server says to a login, it may not say to the
// next one.
func TestRefusedConnection(t *testing.T) {
	db := migrationstest.Schema(t)
	config := db.Serving.Config()
	config.ConnConfig.Database = "nobody_made_this"
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := second(view.New(pool, time.Now).Health(t.Context())); !errors.Is(err, serving.ErrUnavailable) {
		t.Errorf("%v, want %v", err, serving.ErrUnavailable)
	}
}

func second[T any](_ T, err error) error        { return err }
func third[T, U any](_ T, _ U, err error) error { return err }
