package linkfile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// feed is what Fold calls for events.
func feed(events []*link.Event) func(func(*link.Event) error) error {
	return func(apply func(*link.Event) error) error {
		for _, e := range events {
			if err := apply(e); err != nil {
				return err
			}
		}
		return nil
	}
}

func quiet(int64, int64) {}

// foldPasses is Fold with passes of limit units, and returns how many it took.
func foldPasses(ctx context.Context, d *Dir, base, gen int64, cut link.Offsets, events []*link.Event, limit int) (passes int, err error) {
	f := &folding{base: base, from: generation(graphFolder, base), gen: gen, cut: cut, asOf: time.Unix(5, 0), progress: quiet, limit: limit}
	err = d.fold(ctx, f, feed(events))
	return f.passes, err
}

// TestFoldIsTheOverlay folds random events over several generations, in one pass or many:
// each is the graph that an Overlay in memory makes, and the files of the last are its to
// the byte.
func TestFoldIsTheOverlay(t *testing.T) {
	d := open(t, t.TempDir())
	most := 0 // passes of a fold
	rapid.Check(t, func(rt *rapid.T) {
		var want *linkgraph.Graph
		last, asOf := rapid.Int64Range(1, 3).Draw(rt, "generations"), time.Unix(5, 0)
		for gen := range last {
			part, limit := events(rt), rapid.IntRange(8, 80).Draw(rt, "limit")
			o := linkgraph.NewOverlay(want)
			for _, e := range part {
				o.Apply(e)
			}
			want = o.Graph()
			passes, err := foldPasses(rt.Context(), d, gen-1, gen, link.Offsets{gen, 7}, part, limit)
			if err != nil {
				rt.Fatal(err)
			}
			most = max(most, passes)
			got, _, err := d.ReadGraph(t.Context(), gen)
			if err != nil {
				rt.Fatal(err)
			}
			sameGraph(rt, got, want)
		}
		got, err1 := d.GraphManifest(t.Context(), last-1)
		err2 := d.WriteGraph(t.Context(), last-1, want, link.Offsets{last - 1, 7}, asOf)
		in, err3 := d.GraphManifest(t.Context(), last-1)
		if err := errors.Join(err1, err2, err3); err != nil {
			rt.Fatal(err)
		}
		if !reflect.DeepEqual(got, in) {
			rt.Fatalf("manifest %+v, want %+v", got, in)
		}
	})
	if most < 3 {
		t.Errorf("no fold took more than %d passes: the test is too tame", most)
	}
	if names, err := d.store.List(t.Context(), foldFolder); err != nil || len(names) > 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

// TestFoldBigGraph has rows that span row groups, in and out, and edits beyond one.
func TestFoldBigGraph(t *testing.T) {
	base := bigGraph()
	d := open(t, t.TempDir())
	if err := d.WriteGraph(t.Context(), 0, base, nil, time.Unix(5, 0)); err != nil {
		t.Fatal(err)
	}
	var some []*link.Event
	for i := range 3000 {
		e := &link.Event{ID: "x", Time: time.Unix(int64(i+1), 0), Tie: uint64(i), URL: base.URL(link.Page(i * 37 % base.Pages()))}
		switch i % 4 {
		case 0:
			e.Type, e.Target = link.LinkAdded, "http://www.h"+string(rune('0'+i%10))+"new.test/"
		case 1:
			e.Type, e.Target = link.LinkRemoved, base.URL(base.Edges(link.Page(i * 37 % base.Pages()))[0].To)
		case 2:
			e.Type = link.PageGone
		default:
			e.Type, e.Links = link.PageCrawled, []link.Link{{URL: "http://a.test/"}, {URL: "http://zz.test/"}}
		}
		some = append(some, e)
	}
	o := linkgraph.NewOverlay(base)
	for _, e := range some {
		o.Apply(e)
	}
	want := o.Graph()
	if err := d.Fold(t.Context(), 0, 1, link.Offsets{1}, time.Unix(5, 0), feed(some), quiet); err != nil {
		t.Fatal(err)
	}
	got, _, err := d.ReadGraph(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	sameGraph(t, got, want)
}

// A fold that fails, in its events or over a damaged base, leaves the base alone.
func TestFoldThatFails(t *testing.T) {
	d, g := sample(t)
	before := files(t, d.store.Path(""))
	crawl := &link.Event{ID: "n", Type: link.PageCrawled, Time: time.Unix(9, 0), URL: "http://n.test/", Links: []link.Link{{URL: "http://a.test/"}}}
	broken := errors.New("broken")
	err := d.Fold(t.Context(), 1, 2, nil, time.Now(), func(func(*link.Event) error) error { return broken }, quiet)
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := foldPasses(t.Context(), d, 1, 1, nil, nil, 1); err == nil {
		t.Error("folded a graph into itself")
	}
	if err := d.Fold(t.Context(), 7, 8, nil, time.Now(), feed(nil), quiet); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("folded into a graph that is not there: %v", err)
	}
	equal(t, "files", files(t, d.store.Path("")), before)
	for _, name := range []string{pagesTable.file(), linksTable.file(), editsTable.file()} {
		file := d.store.Path(generation(graphFolder, 1) + "/" + name)
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		damaged := slices.Clone(whole)
		damaged[len(damaged)/4] ^= 1
		if err := os.WriteFile(file, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := foldPasses(t.Context(), d, 1, 2, nil, []*link.Event{crawl, crawl}, 2); !wellRefused(err, file) {
			t.Errorf("%s damaged: %v", name, err)
		}
		if _, err := foldPasses(t.Context(), d, 1, 2, nil, nil, 2); !wellRefused(err, file) {
			t.Errorf("%s damaged, no events: %v", name, err)
		}
		if err := os.WriteFile(file, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(d.Clean(t.Context()), readAll(t, d.store.Path(""), g)); err != nil {
		t.Error(err)
	}
	equal(t, "files", files(t, d.store.Path("")), before)
}

// A crash between two passes leaves what Clean removes.
func TestFoldCrash(t *testing.T) {
	d, _ := sample(t)
	before := files(t, d.store.Path(""))
	f := &folding{base: 1, from: generation(graphFolder, 1), gen: 2, progress: quiet}
	if err := d.pass(t.Context(), f, linkgraph.NewTally(), "fold/0"); err != nil {
		t.Fatal(err)
	}
	if gen, _, err := d.LatestGraph(t.Context()); gen != 1 || err != nil {
		t.Errorf("latest graph %d, %v", gen, err)
	}
	aside := filepath.Join(d.store.Path(""), ".tmp-fold-1")
	if err := os.MkdirAll(filepath.Join(aside, "old", "0"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := d.Clean(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "files", files(t, d.store.Path("")), before)
	if _, err := os.Stat(aside); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left behind: %v", aside, err)
	}
}

// TestFoldMemory folds the same number of events into a graph and into one five times as
// large, of many row groups both: what lives on the heap does not grow with it. Encoders come
// and go with some ten megabytes each, so the median is compared, and a fifth of what a graph
// in memory takes is allowed.
func TestFoldMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes and reads a graph of a million pages")
	}
	defer func(pages, links int) { pagesTable.rows, linksTable.rows = pages, links }(pagesTable.rows, linksTable.rows)
	pagesTable.rows, linksTable.rows = 1<<13, 1<<15
	prepare := func(d *Dir, pages int) (crawls []*link.Event) {
		web := madeUp(pages, 6*pages)
		if err := d.WriteGraph(t.Context(), 0, web, nil, time.Unix(5, 0)); err != nil {
			t.Fatal(err)
		}
		for i := range 5000 {
			to := web.URL(link.Page(i * 77 % pages))
			crawls = append(crawls, &link.Event{ID: "x", Type: link.PageCrawled, Time: time.Unix(9, 0),
				URL: web.URL(link.Page(i * 31 % pages)), Links: []link.Link{{URL: to}, {URL: to + "/new"}}})
		}
		return crawls
	}
	live := func(pages int) (median, most float64) {
		d := open(t, t.TempDir())
		crawls := prepare(d, pages)
		var all []uint64
		err := d.Fold(t.Context(), 0, 1, link.Offsets{1}, time.Unix(5, 0), feed(crawls), func(int64, int64) {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			all = append(all, m.HeapAlloc)
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(all)
		return float64(all[len(all)/2]), float64(all[len(all)-1])
	}
	small, smallMost := live(200_000)
	large, largeMost := live(1_000_000)
	t.Logf("200,000 pages: %.1f MB, at most %.1f; a million: %.1f MB, at most %.1f", small/1e6, smallMost/1e6, large/1e6, largeMost/1e6)
	if a := (large - small) / 800_000; a > 20 { // a graph in memory takes about a hundred
		t.Errorf("%.1f bytes more for each further page", a)
	}
}
