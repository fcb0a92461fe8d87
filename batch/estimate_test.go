package batch

import (
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestEstimateGoesByTheNewestGraph(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.log.crawl(pageA, pageB)
		before, err := h.Estimate(t.Context())
		if err != nil || before.Graph != nil || before.Pages != 0 || before.Events != 1 || before.Measured {
			t.Errorf("before the first run: %+v, %v", before, err)
		}
		if _, err := h.RunOnce(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if f := h.view.forecast; f.Graph == nil || *f.Graph != 1 || f.Pages != 2 || f.Links != 1 || f.Events != 0 || f.Refused != "" {
			t.Errorf("after the run is stored: %+v", f)
		}
		h.log.crawl(pageB, pageC)
		h.log.crawl(pageC, pageA)
		after, err := h.Estimate(t.Context())
		if err != nil || *after.Graph != 1 || after.Events != 2 || !after.Measured {
			t.Errorf("after the first run: %+v, %v", after, err)
		}
		if after.Retained < 3*after.Files {
			t.Errorf("%d bytes are retained of three generations, of %d in files each", after.Retained, after.Files)
		}
	})
}

func near(a, b float64) bool { return math.Abs(a/b-1) < 1e-6 }

// Times come from runs only in which a phase had about as much to do, in the model's
// proportions.
func TestEstimateLearnsFromSimilarRuns(t *testing.T) {
	h := newHouse(t)
	h.files.graphs[0] = memoryGraph{newGraph(t), nil} // two pages, one link
	guess, err := h.Estimate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run := func(pages int64, factor float64) Past {
		s := size{pages: float64(pages), links: 1}
		p := Past{Pages: pages, Links: 1, Tables: 1000 * pages}
		for _, phase := range phases {
			*p.Took.of(phase) = factor * seconds[phase].of(s)
		}
		return p
	}
	h.view.past = []Past{run(1e9, 1), run(2, 3), run(3, 4), run(20, 5), run(1e9, 1)}
	e, err := h.Estimate(t.Context())
	if err != nil || !e.Measured || !near(e.Seconds.Publish, 4*guess.Seconds.Publish) || !near(e.Seconds.Fold, 4*guess.Seconds.Fold) {
		t.Errorf("seconds %+v, guessed %+v (%v)", e.Seconds, guess.Seconds, err)
	}
	if want := int64(1.1*2000 + 48*2); e.Tables != want {
		t.Errorf("tables take %d, want %d as those of the newest did", e.Tables, want)
	}
	h.view.past = []Past{run(1e9, 1)}
	if e, err = h.Estimate(t.Context()); err != nil || e.Measured || e.Seconds.Publish != guess.Seconds.Publish {
		t.Errorf("seconds of an unlike run: %+v, %v", e.Seconds, err)
	}
}

func TestRunThatDoesNotFitIsRefused(t *testing.T) {
	for _, c := range []struct {
		name    string
		room    Room
		ignore  bool
		refused []string
	}{
		{"nothing is known", Room{-1, -1, -1, false}, false, nil},
		{"there is room", Room{1 << 40, 1 << 40, 1 << 40, true}, false, nil},
		{"no memory", Room{1e6, 1 << 40, 1 << 40, false}, false, []string{"memory", "there are 1 MB", "--ignore-estimate"}},
		{"no disk", Room{1 << 40, 1e5, 1 << 40, false}, false, []string{"disk of the data folder", "make room", "--ignore-estimate"}},
		{"no disk for Postgres", Room{1 << 40, 1 << 40, 1e5, false}, false, []string{"disk of Postgres"}},
		{"disk for one of both", Room{1 << 40, 2e6, 2e6, true}, false, []string{"data folder and Postgres"}},
		{"disk for each", Room{1 << 40, 2e6, 2e6, false}, false, nil},
		{"no memory, ignored", Room{1e6, 1e5, 1e5, true}, true, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, func(o *Options) { o.Room, o.IgnoreEstimate = func() Room { return c.room }, c.ignore })
				h.log.crawl(pageA, pageB)
				run, err := h.RunOnce(t.Context(), nil)
				if len(c.refused) == 0 {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if err == nil || run.State != Failed || h.log.archived != nil || len(h.files.graphs) > 0 {
					t.Fatalf("%+v, %v; archived %v, %d graphs", run, err, h.log.archived, len(h.files.graphs))
				}
				if !strings.Contains(run.Error, ErrNoRoom.Error()) {
					t.Error(run.Error)
				}
				for _, text := range c.refused {
					if !strings.Contains(run.Error, text) || !strings.Contains(h.view.forecast.Refused, text) {
						t.Errorf("%q (forecast %q) lacks %q", run.Error, h.view.forecast.Refused, text)
					}
				}
			})
		})
	}
}

// The active runner says what waits, also while it has nothing to do.
func TestForecastFollowsTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t)
		h.log.crawl(pageA, pageB)
		h.during(func() {
			wait(time.Second)
			h.want("first:succeeded")
			h.log.crawl(pageB, pageC)
			wait(2 * forecastEvery)
			h.change(func() {
				if f := h.view.forecast; f.Events != 1 || !f.At.After(h.view.created[0]) {
					t.Errorf("forecast %+v", f)
				}
				h.log.down = errors.New("away")
			})
			wait(2 * forecastEvery)
			var kept time.Time
			h.change(func() {
				if kept = h.view.forecast.At; h.view.forecast.Events != 1 {
					t.Errorf("forecast while the log is away: %+v", h.view.forecast)
				}
				h.log.down = nil
			})
			h.log.crawl(pageC, pageA)
			wait(2 * forecastEvery)
			h.change(func() {
				if f := h.view.forecast; f.Events != 2 || !f.At.After(kept) {
					t.Errorf("forecast once the log is back: %+v", f)
				}
			})
		})
	})
}
