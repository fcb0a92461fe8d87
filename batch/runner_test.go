package batch

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

const (
	pageA = "https://a.example/"
	pageB = "https://b.example/"
	pageC = "https://c.example/"
	pageD = "https://d.example/"
)

// house is a Runner among fakes, inside a synctest bubble: time stands still
// while anything is at work.
type house struct {
	*Runner
	t     *testing.T
	files *memoryFiles
	log   *memoryLog
	view  *memoryView
	o     Options
}

func newHouse(t *testing.T, with ...func(*Options)) *house {
	t.Helper()
	h := &house{t: t, files: newMemoryFiles(), log: &memoryLog{}, view: &memoryView{cancel: map[string]bool{}}}
	h.o = Options{Files: h.files, Log: h.log, View: h.view}
	for _, f := range with {
		f(&h.o)
	}
	var err error
	if h.Runner, err = NewRunner(h.o); err != nil {
		t.Fatal(err)
	}
	return h
}

// during runs the Runner while f does something.
func (h *house) during(f func()) {
	h.t.Helper()
	ctx, stop := context.WithCancel(h.t.Context())
	done := make(chan error)
	go func() { done <- h.Run(ctx) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			h.t.Errorf("Run: %v", err)
		}
	}()
	f()
}

// wait lets time pass, and everything that is due by then happen.
func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// change changes the fakes while the runner is about.
func (h *house) change(f func()) {
	h.files.mu.Lock()
	defer h.files.mu.Unlock()
	h.log.mu.Lock()
	defer h.log.mu.Unlock()
	h.view.mu.Lock()
	defer h.view.mu.Unlock()
	f()
}

func (h *house) states() string {
	h.view.mu.Lock()
	defer h.view.mu.Unlock()
	var b strings.Builder
	for _, r := range h.view.runs {
		b.WriteString(string(r.Trigger) + ":" + string(r.State) + " ")
	}
	return strings.TrimSpace(b.String())
}

func (h *house) want(states string) {
	h.t.Helper()
	if got := h.states(); got != states {
		h.t.Fatalf("runs are %q, want %q", got, states)
	}
}

func (h *house) request() {
	h.t.Helper()
	if _, err := h.view.Request(h.t.Context(), Request{Trigger: Manual, At: time.Now()}); err != nil {
		h.t.Fatal(err)
	}
}

func TestFirstRunWaitsForSomethingToRank(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		h := newHouse(t, func(o *Options) { o.Registerer = reg })
		h.during(func() {
			wait(time.Minute)
			h.want("")
			h.log.crawl(pageA, pageB)
			wait(time.Second)
			h.want("first:succeeded")
			h.log.crawl(pageB, pageC)
			wait(time.Hour)
			h.want("first:succeeded")
			h.request()
			synctest.Wait() // no time passes: a request wakes the runner
			h.want("first:succeeded manual:succeeded")
		})
		g := h.view.published[1]
		if g.Number != 2 || !g.Cut.Equal(link.Offsets{2}) || g.Certificate.Pages != 3 || g.Links != 2 {
			t.Errorf("generation %d, cut %v, %d pages, %d links", g.Number, g.Cut, g.Certificate.Pages, g.Links)
		}
		if n := testutil.ToFloat64(h.m.generation); n != 2 {
			t.Errorf("metric generation = %v", n)
		}
		if n := testutil.ToFloat64(h.m.runs.WithLabelValues("succeeded")); n != 2 {
			t.Errorf("metric runs = %v", n)
		}
		if n := testutil.ToFloat64(h.m.work.WithLabelValues("fold")); n != 2 {
			t.Errorf("metric work of fold = %v", n)
		}
		for _, p := range phases {
			if n := testutil.ToFloat64(h.m.work.WithLabelValues(string(p))); !(n > 0) {
				t.Errorf("metric work of %s = %v", p, n)
			}
		}
		if idle, pending, epsilon := testutil.ToFloat64(h.m.phase.WithLabelValues("idle")), testutil.ToFloat64(h.m.pending), testutil.ToFloat64(h.m.epsilon); idle != 1 || pending != 0 || !(epsilon > 0) {
			t.Errorf("metrics: idle %v, pending events %v, epsilon %v", idle, pending, epsilon)
		}
		if as, want := testutil.ToFloat64(h.m.asOf), unix(g.AsOf); as != want {
			t.Errorf("metric as_of = %v, want %v", as, want)
		}
		if n, err := testutil.GatherAndCount(reg, "freshrank_batch_phase_duration_seconds"); n != 4 || err != nil {
			t.Errorf("%d phases have durations, want 4 (%v)", n, err)
		}
	})
}

// A → B → C: x_A = 0.15, x_B = 0.15 + 0.85·0.15 = 0.2775,
// x_C = 0.15 + 0.85·0.2775 = 0.385875; Σx = 0.813375.
func TestPublicationContents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.log.crawl(pageA, pageB)
		h.log.crawl(pageB, pageC)
		h.log.crawl(pageC + "moved")
		h.log.events[2].Type, h.log.events[2].Target = link.PageAlias, pageA
		h.log.gone(pageD)
		h.during(func() { wait(time.Second) })
		h.want("first:succeeded")
		p := h.view.published[0]
		want := map[string]Page{
			pageA:           {Status: "ranked", Host: 0, X: 0.15, HasX: true},
			pageB:           {Status: "ranked", Host: 1, X: 0.2775, HasX: true},
			pageC:           {Status: "ranked", Host: 2, X: 0.385875, HasX: true},
			pageC + "moved": {Status: "alias", Host: 2, Alias: true, Target: link.KeyOf(pageA)},
			pageD:           {Status: "gone", Host: -1},
		}
		var last link.PageKey
		n := 0
		for row := range p.Pages {
			w := want[row.URL]
			w.URL, w.Key = row.URL, link.KeyOf(row.URL)
			if math.Abs(row.X-w.X) < 1e-9 {
				w.X = row.X
			}
			if row != w {
				t.Errorf("row %+v, want %+v", row, w)
			}
			if n > 0 && string(last[:]) >= string(row.Key[:]) {
				t.Error("rows are not ascending by key")
			}
			last = row.Key
			n++
		}
		if n != len(want) || p.Rows != n || p.KnownPages != 5 || p.Certificate.Pages != 3 {
			t.Errorf("%d rows, %d announced, %d known, %d ranked; want 5, 5, 5, 3", n, p.Rows, p.KnownPages, p.Certificate.Pages)
		}
		if math.Abs(p.XMax-0.385875) > 1e-9 || len(p.Quantiles) != 1001 || p.Quantiles[0] > p.Quantiles[500] ||
			math.Abs(p.Quantiles[500]-0.2775) > 1e-9 || p.Quantiles[1000] != p.XMax {
			t.Errorf("x_max %v, quantiles %v %v %v", p.XMax, p.Quantiles[0], p.Quantiles[500], p.Quantiles[1000])
		}
		if len(p.Hosts) != 3 || p.Hosts[2].Pages != 1 || math.Abs(p.Hosts[2].X-0.385875) > 1e-9 || p.Hosts[2].Name != "c.example" || len(p.Domains) != 3 {
			t.Errorf("hosts %v, domains %v", p.Hosts, p.Domains)
		}
		if p.Parameters != h.Runner.o.parameters() || p.Parameters.RelPolicy != link.DropMarked {
			t.Errorf("parameters %+v", p.Parameters)
		}
	})
}

func TestCancelInEachPhase(t *testing.T) {
	for _, phase := range []Phase{PhaseArchive, PhaseFold, PhaseRank, PhasePublish} {
		t.Run(string(phase), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t)
				h.log.crawl(pageA, pageB)
				h.view.reported = func(r Run) bool { return r.Phase == phase }
				h.during(func() {
					wait(time.Hour) // a cancelled first run is not tried again by itself
					h.want("first:cancelled")
					h.change(func() { h.view.reported = nil })
					h.request()
					synctest.Wait()
					h.want("first:cancelled manual:succeeded")
				})
				if r := h.view.runs[0]; r.Phase != phase || r.Error != "" {
					t.Errorf("cancelled in phase %s with error %q, want %s", r.Phase, r.Error, phase)
				}
				if g := h.view.published[0].Number; len(h.view.published) != 1 || g != 1 || len(h.files.graphs) != 1 {
					t.Errorf("published %d, first is %d, graphs %v", len(h.view.published), g, h.files.graphs)
				}
			})
		})
	}
}

func TestFirstRunIsTriedAgainWhenTheLogGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.log.gone(pageA) // a graph without a page to rank
		h.during(func() {
			wait(time.Hour)
			h.want("first:failed")
			if e := h.view.runs[0].Error; !strings.Contains(e, pagerank.ErrNoPages.Error()) {
				t.Errorf("reason %q", e)
			}
			h.log.crawl(pageB, pageA)
			wait(time.Second)
			h.want("first:failed first:succeeded")
		})
		if n := h.view.published[0].Number; n != 1 {
			t.Errorf("first generation is %d", n)
		}
	})
}

func TestFailuresPublishNothingAndLeaveNoFiles(t *testing.T) {
	huge := func(h *house) { // generation 1 has 102 pages
		for range 100 {
			h.log.crawl(pageA+strings.Repeat("x", len(h.log.events)), pageB)
		}
	}
	shrink := func(h *house) {
		for i := range 60 {
			h.log.gone(pageA + strings.Repeat("x", i))
		}
	}
	for _, c := range []struct {
		name, says    string
		options       func(*Options)
		before, spoil func(*house)
	}{
		{"not converged", "not converged: bound", func(o *Options) { o.Rank.MaxSweeps = 4 },
			func(h *house) { h.log.crawl(pageA, pageB) },
			func(h *house) { h.log.crawl(pageB, pageA, pageC); h.log.crawl(pageC, pageA) }},
		{"shrunk", "max-shrink", func(o *Options) { o.MaxShrink = 0.5 }, huge, shrink},
		{"no links left", "none of the 1 links", func(*Options) {},
			func(h *house) { h.log.crawl(pageA, pageB) },
			func(h *house) { h.log.crawl(pageA); h.log.crawl(pageB) }},
		{"no pages left", "no pages", func(o *Options) { o.MaxShrink = 1 },
			func(h *house) { h.log.crawl(pageA, pageB) }, func(h *house) { h.log.gone(pageA) }},
		{"disk full", "no space", func(*Options) {},
			func(h *house) { h.log.crawl(pageA, pageB) }, func(h *house) { h.change(func() { h.files.fail = errors.New("no space left") }) }},
		{"publishing fails", "connection reset", func(*Options) {},
			func(h *house) { h.log.crawl(pageA, pageB) },
			func(h *house) {
				h.change(func() { h.view.publish = func() error { return errors.New("connection reset") } })
			}},
		{"another log", "lost records or is another", func(*Options) {},
			func(h *house) { h.log.crawl(pageA, pageB) }, func(h *house) { h.change(func() { h.log.events = nil }) }},
		{"another data folder", "data folder has no graph but Postgres serves generation 1", func(*Options) {},
			func(h *house) { h.log.crawl(pageA, pageB) }, func(h *house) { h.change(func() { clear(h.files.graphs) }) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, c.options)
				c.before(h)
				h.during(func() {
					wait(time.Second)
					h.want("first:succeeded")
					c.spoil(h)
					graphs := len(h.files.graphs)
					h.request()
					wait(time.Second)
					h.want("first:succeeded manual:failed")
					if e := h.view.runs[1].Error; !strings.Contains(e, c.says) {
						t.Errorf("reason %q does not say %q", e, c.says)
					}
					if len(h.view.published) != 1 || len(h.files.graphs) != graphs {
						t.Errorf("%d generations, graphs %v", len(h.view.published), h.files.graphs)
					}
				})
			})
		})
	}
}

// The published graph was damaged and deleted: an older one and the archive make up for it.
func TestLostGraphIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.log.crawl(pageA, pageB)
		h.during(func() {
			wait(time.Second)
			h.log.crawl(pageB, pageC)
			h.request()
			wait(time.Second)
			h.log.crawl(pageC, pageA)
			h.change(func() { delete(h.files.graphs, 2) })
			h.request()
			wait(time.Second)
			h.want("first:succeeded manual:succeeded manual:succeeded")
			if g := h.view.published[2]; g.Number != 3 || g.Links != 3 {
				t.Errorf("generation %d with %d links", g.Number, g.Links)
			}
			h.change(func() { delete(h.files.graphs, 3); h.log.archived = link.Offsets{2} })
			h.request()
			wait(time.Second)
			if e := h.view.runs[3].Error; !strings.Contains(e, "graph 1 at most, without the events since,") {
				t.Errorf("without the archive: %q", e)
			}
		})
	})
}

func TestLegitimateShrinking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(o *Options) { o.MaxShrink = 1 })
		h.log.crawl(pageA, pageB)
		h.during(func() {
			wait(time.Second)
			h.log.crawl(pageA)
			h.request()
			wait(time.Second)
			h.want("first:succeeded manual:succeeded") // a graph without links is one all the same
		})
		if g := h.view.published[1]; g.Links != 0 || g.Certificate.Pages != 1 {
			t.Errorf("%d pages, %d links", g.Certificate.Pages, g.Links)
		}
	})
}

func TestImportBecomesGenerationOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		b := linkgraph.NewBuilder()
		b.AddLink(pageA, pageB, 0)
		g, err := b.Graph()
		if err != nil {
			t.Fatal(err)
		}
		h.files.graphs[0] = memoryGraph{g: g}
		h.during(func() { wait(time.Second) })
		h.want("first:succeeded")
		if p := h.view.published[0]; p.Number != 1 || p.Certificate.Pages != 2 || !p.Cut.Equal(nil) {
			t.Errorf("generation %d, %d pages, cut %v", p.Number, p.Certificate.Pages, p.Cut)
		}
	})
}
