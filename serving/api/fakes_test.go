package api_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/serving"
	"freshrank/serving/api"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

type ctx = context.Context

// world is what the API is given, as a test wants it. Every method of the three
// interfaces fails with err if that is set.
type world struct {
	err      error
	panics   bool
	snapshot serving.Snapshot
	pages    map[link.PageKey]serving.Page
	top      []serving.Page
	sum      serving.Sum
	health   serving.Health
	list     []serving.Generation
	runs     []serving.Run
	mine     bool // Request's answer
	estimate serving.Estimate
	logErr   error
	got      []*link.Event
	options  api.Options

	ring      serving.KeyRing
	ringReads int
	clock     func() time.Time // nil: it is always now
}

func ranked(url string, status serving.Status, x, base float64) serving.Page {
	return serving.Page{Key: link.KeyOf(url), URL: url, Status: status, X: x, BaseX: base, Ranked: true}
}

const (
	home  = "https://a.example/"
	old   = "https://a.example/old"
	gone  = "https://b.example/gone"
	runID = "0b54a1f5-6f6d-4c8f-9d4e-2c4a8f3f1a01"
	run2  = "0b54a1f5-6f6d-4c8f-9d4e-2c4a8f3f1a02"
)

func newWorld() *world {
	w := &world{mine: true}
	w.snapshot = serving.Snapshot{
		Pair: serving.Pair{Generation: 7, View: 3, Sequence: 41}, AsOf: now.Add(-1500 * time.Millisecond), Lag: 1500 * time.Millisecond,
		Certificate: pagerank.Certificate{Damping: 0.85, Pages: 10, Sum: 8, Plus: 0.001, Minus: 0.001, EpsilonPlus: 0.01, EpsilonMinus: 0.01, Slack: 0.001},
		XMax:        4, Quantiles: []float64{0.15, 0.5, 1, 2, 4},
	}
	w.top = []serving.Page{ranked(home, serving.Ranked, 4, 3), ranked("https://b.example/", serving.Ranked, 1, 1), ranked(gone, serving.Gone, 0.5, 0)}
	alias := ranked(old, serving.Alias, 4, 3)
	alias.Target = &serving.Target{Key: link.KeyOf(home), URL: home}
	w.pages = map[link.PageKey]serving.Page{alias.Key: alias}
	for _, p := range w.top {
		w.pages[p.Key] = p
	}
	w.sum = serving.Sum{Pages: 2, X: 4.5, BaseX: 3, Domain: "a.example"}
	generation := serving.Generation{
		Generation: 7, Run: runID, PublishedAt: now.Add(-time.Hour), AsOf: now.Add(-2 * time.Hour), Cut: link.Offsets{10, 20},
		Parameters: map[string]any{"rel_policy": "drop-marked"}, KnownPages: 12, Links: 30, Sweeps: 9,
		Certificate: pagerank.Certificate{Damping: 0.85, Pages: 9, Sum: 7}, XMax: 3, Active: true, Retained: true,
	}
	before := generation
	before.Generation, before.Active = 6, false
	w.list = []serving.Generation{generation, before}
	w.health = serving.Health{
		Snapshot: w.snapshot, Ready: true, Active: generation, Applied: link.Offsets{12, 25}, End: link.Offsets{12, 28}, Links: 31,
		EpsilonAim: 0.01, Parameters: generation.Parameters,
		Speed: &serving.SpeedHealth{View: 3, Generation: 7, Sequence: 41, PublishedAt: now, Events: 7, DeadLetters: 1, Used: true},
	}
	bound, number, finished := 1e-10, int64(7), now.Add(-time.Hour)
	w.runs = []serving.Run{
		{ID: run2, Trigger: "manual", State: "queued", Phase: "queued", CreatedAt: now},
		{ID: runID, Trigger: "first", State: "succeeded", Phase: "done", Progress: 1, Sweeps: 9, Bound: &bound, Events: 30,
			Generation: &number, CreatedAt: finished.Add(-time.Minute), StartedAt: &finished, FinishedAt: &finished},
	}
	w.estimate = serving.Estimate{
		At: now, Graph: &number, Pages: 12, Links: 34, Events: 5, Memory: 6e8, Files: 7e6, Tables: 8e6, Retained: 3e7,
		Seconds: serving.PhaseSeconds{Archive: 0.5, Fold: 1, Rank: 2, Publish: 4}, Measured: true,
	}
	return w
}

func (w *world) fails() error {
	if w.panics {
		panic("a fault in a handler")
	}
	return w.err
}

func (w *world) Pages(_ context.Context, keys []link.PageKey) (serving.Snapshot, []serving.Page, error) {
	out := make([]serving.Page, len(keys))
	for i, k := range keys {
		out[i] = serving.Page{Key: k, Status: serving.Unknown}
		if p, ok := w.pages[k]; ok {
			out[i] = p
		}
	}
	return w.snapshot, out, w.fails()
}

func (w *world) Top(_ context.Context, q serving.TopQuery) (serving.Snapshot, []serving.Page, error) {
	if err := w.fails(); err != nil {
		return serving.Snapshot{}, nil, err
	}
	if q.After != nil && (q.After.Generation != w.snapshot.Generation || q.After.View != w.snapshot.View) {
		return serving.Snapshot{}, nil, fmt.Errorf("read view: %w", serving.ErrViewMoved)
	}
	var out []serving.Page
	for _, p := range w.top {
		if q.Host != "" && link.HostOf(p.URL) != q.Host || q.After != nil && p.X >= q.After.X || len(out) == q.Limit {
			continue
		}
		out = append(out, p)
	}
	return w.snapshot, out, nil
}

func (w *world) Host(context.Context, string) (serving.Snapshot, serving.Sum, error) {
	return w.snapshot, w.sum, w.fails()
}

func (w *world) Domain(context.Context, string) (serving.Snapshot, serving.Sum, error) {
	return w.snapshot, w.sum, w.fails()
}

func (w *world) Generations(_ context.Context, limit int, before int64) (out []serving.Generation, _ error) {
	for _, g := range w.list {
		if (before == 0 || g.Generation < before) && len(out) < limit {
			out = append(out, g)
		}
	}
	return out, w.fails()
}

func (w *world) Keys(context.Context) (serving.KeyRing, error) {
	w.ringReads++
	return w.ring, w.err
}

func (w *world) Health(context.Context) (serving.Health, error) { return w.health, w.fails() }

func (w *world) Submit(_ context.Context, events []*link.Event) error {
	if w.logErr == nil {
		w.got = append(w.got, events...)
	}
	return w.logErr
}

func (w *world) Request(context.Context, string) (serving.Run, bool, error) {
	return w.runs[0], w.mine, w.fails()
}

func (w *world) Estimate(context.Context) (serving.Estimate, error) { return w.estimate, w.fails() }

func (w *world) Run(_ context.Context, id string) (serving.Run, error) {
	for _, r := range w.runs {
		if r.ID == id {
			return r, w.fails()
		}
	}
	return serving.Run{}, fmt.Errorf("read run %s: %w", id, serving.ErrNoRun)
}

func (w *world) List(_ context.Context, limit int, after *serving.RunMark) (out []serving.Run, _ error) {
	for _, r := range w.runs {
		if (after == nil || r.CreatedAt.Before(after.CreatedAt)) && len(out) < limit {
			out = append(out, r)
		}
	}
	return out, w.fails()
}

func (w *world) Cancel(ctx context.Context, id string) (serving.Run, error) {
	r, err := w.Run(ctx, id)
	if err == nil && !r.Open() {
		return r, fmt.Errorf("cancel run %s: %w", id, serving.ErrRunFinished)
	}
	r.CancelRequested, r.State = true, "cancelled"
	return r, err
}

func (w *world) server() *api.Server { return w.serverOver(w, w) }

func (w *world) serverOver(reader serving.Reader, runs serving.Runs) *api.Server {
	o := w.options
	o.Reader, o.Submitter, o.Runs = reader, w, runs
	if o.Keys == nil {
		o.AllowHosts = append(o.AllowHosts, "example.com", "api.example") // httptest's, and one of ours
	}
	if o.Now = w.clock; o.Now == nil {
		o.Now = func() time.Time { return now }
	}
	o.Version = api.Version{Version: "1.2.3", Commit: "abc"}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	registry := prometheus.NewRegistry()
	o.Registerer, o.Gatherer = registry, registry
	return api.New(o)
}

// do sends one request. Header lines are "Name: value".
func do(h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
