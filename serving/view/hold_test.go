package view_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"freshrank/migrations/migrationstest"
	"freshrank/pagerank/link"
	"freshrank/serving"
	"freshrank/serving/view"
)

// hold keeps generations in v's memory until the test ends.
func hold(t *testing.T, v *view.View, most int64) { holdLogging(t, v, most, slog.DiscardHandler) }

func holdLogging(t *testing.T, v *view.View, most int64, log slog.Handler) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- v.Hold(ctx, most, slog.New(log)) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// eventually waits until v has the generation in memory.
func eventually(t *testing.T, v *view.View, generation int64) {
	t.Helper()
	for began := time.Now(); !v.Holds(generation); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatalf("generation %d is not in memory", generation)
		}
	}
}

// TestHeldAnswers: what is answered from memory is what SQL says, of every kind of
// page, across generations and views.
func TestHeldAnswers(t *testing.T) {
	db := migrationstest.Schema(t)
	l := &layers{t, db.Batch, db.Speed}
	now := func() time.Time { return epoch.Add(time.Hour) }
	fast, slow := view.New(db.Serving, now), view.New(db.Serving, now)
	hold(t, fast, 1<<20)
	g := "https://g.example/"
	ask := keys(e, a, b, c, d, f, a, g, "https://nobody.example/")
	for i := range 200 { // few and many
		ask = append(ask, link.KeyOf(fmt.Sprint(i)))
	}
	compare := func(what string) {
		t.Helper()
		for _, n := range []int{1, 9, len(ask)} {
			wantSnap, want, err := slow.Pages(t.Context(), ask[:n])
			if err != nil {
				t.Fatal(err)
			}
			gotSnap, got, err := fast.Pages(t.Context(), ask[:n])
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff([]any{wantSnap, want}, []any{gotSnap, got}); diff != "" {
				t.Errorf("%s, %d keys (-SQL +memory):\n%s", what, n, diff)
			}
		}
	}
	l.generation(1, []int64{10, 10}, baseRows)
	compare("loading")
	eventually(t, fast, 1)
	compare("a generation alone")
	l.view(1, []int64{10, 10}, 7.5, speedRows)
	compare("an overlay")
	// All the other ways from one status to another, and targets that have changed.
	l.view(1, []int64{10, 10}, 7.5, []row{
		{url: a, status: "alias", target: b, base: 4}, {url: b, status: "ranked", x: 5, base: 2}, {url: c, status: "ranked", x: 1},
		{url: d, status: "ranked", x: 2, base: 1}, {url: e, status: "gone", x: 0.3}, {url: g, status: "alias", target: a},
	})
	compare("another overlay")
	// The new generation is loaded while the view over the old one is still served.
	l.generation(2, []int64{10, 9}, append([]row{{url: f, status: "ranked", x: 6}, {url: g, status: "gone"}}, baseRows[1:]...))
	compare("handover")
	eventually(t, fast, 2)
	if !fast.Holds(1) {
		t.Error("the old generation is not held any more while it is served")
	}
	compare("handover, both in memory")
	l.view(2, []int64{10, 10}, 7.5, speedRows)
	l.drop(1)
	compare("the new generation")
	for began := time.Now(); fast.Holds(1); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatal("the old generation is still in memory")
		}
	}
	compare("the old one let go")
}

// TestHeldNumberAgain: an installation that starts over uses numbers again; what is
// known of the generation that had one before is nobody's answer.
func TestHeldNumberAgain(t *testing.T) {
	db := migrationstest.Schema(t)
	l := &layers{t, db.Batch, db.Speed}
	now := func() time.Time { return epoch.Add(time.Hour) }
	fast, slow := view.New(db.Serving, now), view.New(db.Serving, now)
	l.generation(1, []int64{10, 10}, baseRows)
	hold(t, fast, 1<<20)
	eventually(t, fast, 1)
	ask := keys(a, b, f)
	compare := func(what string) {
		t.Helper()
		wantSnap, want, err := view.New(db.Serving, now).Pages(t.Context(), ask)
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range map[string]*view.View{"memory": fast, "SQL": slow} {
			snap, got, err := v.Pages(t.Context(), ask)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff([]any{wantSnap, want}, []any{snap, got}); diff != "" {
				t.Errorf("%s, %s (-as a new process says +got):\n%s", what, name, diff)
			}
		}
	}
	compare("at first")
	l.drop(1)
	exec(t, db.Batch, "DELETE FROM batch_pointer")
	exec(t, db.Batch, "DELETE FROM batch_generation")
	l.generation(1, []int64{10, 10}, []row{{url: b, status: "ranked", x: 8}, {url: f, status: "ranked", x: 5}})
	compare("started over")
	held(t, fast, 2)
	compare("started over, in memory")

	// Under a view, too.
	l.view(1, []int64{10, 10}, 7.5, speedRows)
	compare("a view")
	l.drop(1)
	exec(t, db.Batch, "DELETE FROM batch_pointer")
	exec(t, db.Batch, "DELETE FROM batch_generation")
	l.generation(1, []int64{10, 10}, []row{{url: f, status: "ranked", x: 3}})
	compare("a view over another generation of the same number")
	held(t, fast, 1)
	compare("a view, in memory")
}

// held waits until so many pages of what is served are in memory.
func held(t *testing.T, v *view.View, pages int) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		h, err := v.Health(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if h.Held == pages {
			return
		}
		if time.Since(began) > 10*time.Second {
			t.Fatalf("%d pages in memory, want %d", h.Held, pages)
		}
	}
}

// TestNotHeld: a generation that does not fit, or of which other rows are found than it
// has recorded, is answered from Postgres.
func TestNotHeld(t *testing.T) {
	for _, c := range []struct {
		name string
		most int64
		harm string
	}{
		{"no room", 24 * 10, ""},
		{"rows are missing", 1 << 20, "DELETE FROM batch_rank_1 WHERE url = '" + a + "'"},
		{"more rows than known", 1 << 20, "UPDATE batch_generation SET known_pages = 0"},
		{"less than no rows", 1 << 20, "UPDATE batch_generation SET known_pages = -5"},
		{"rows without end", 1 << 20, "UPDATE batch_generation SET known_pages = 9223372036854775807"},
		{"what cannot be read", 1 << 20, "ALTER TABLE batch_rank_1 ALTER COLUMN status TYPE text USING NULL"},
		{"another number of ranks", 1 << 20, "UPDATE batch_rank_1 SET x = NULL WHERE url = '" + a + "'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, v := newLayers(t)
			tried := make(tries, 10)
			v.SetAgain(time.Millisecond)
			l.generation(1, []int64{10, 10}, baseRows)
			if c.harm != "" {
				exec(t, l.batch, c.harm)
			}
			if _, _, err := v.Pages(t.Context(), nil); err != nil { // not Hold's own
				t.Fatal(err)
			}
			holdLogging(t, v, c.most, tried)
			for range 2 {
				_, pages, err := v.Pages(t.Context(), keys(b, f))
				if err != nil || pages[0].X != 2 || pages[1].Status != serving.Unknown {
					t.Errorf("%+v, %v", pages, err)
				}
				select {
				case <-tried:
				case <-time.After(10 * time.Second):
					t.Fatal("it says nothing")
				}
				select {
				case <-tried:
					t.Error("it is tried again, though it cannot succeed")
				case <-time.After(100 * time.Millisecond):
				}
				if v.Holds(1) {
					t.Error("it is held")
				}
				v.Wake() // as another pair does
			}
		})
	}
}

// tries are what is logged.
type tries chan slog.Record

func (tries) Enabled(context.Context, slog.Level) bool        { return true }
func (c tries) Handle(_ context.Context, r slog.Record) error { c <- r; return nil }
func (c tries) WithAttrs([]slog.Attr) slog.Handler            { return c }
func (c tries) WithGroup(string) slog.Handler                 { return c }
