package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

var update = flag.Bool("update", false, "write testdata/golden.txt anew")

type exchange struct {
	name    string
	with    func(*world)
	method  string
	target  string
	body    string
	headers []string
}

func failing(err error) func(*world) { return func(w *world) { w.err = err } }

const (
	jsonType  = "Content-Type: application/json"
	oneType   = "Content-Type: application/cloudevents+json"
	batchType = "Content-Type: application/cloudevents-batch+json"
	linesType = "Content-Type: application/x-ndjson"

	good  = `{"specversion":"1.0","id":"e1","source":"/crawlers/1","type":"freshrank.page.crawled","time":"2026-05-01T11:59:00Z","data":{"url":"https://a.example/","links":[{"url":"https://b.example/"}]}}`
	wrong = `{"specversion":"1.0","id":"e2","source":"/crawlers/1","type":"freshrank.page.crawled","time":"2026-05-01T11:59:00Z","data":{"url":"ftp://a.example/","links":[]}}`
	late  = `{"specversion":"1.0","id":"e3","source":"/crawlers/1","type":"freshrank.page.gone","time":"2026-05-01T13:00:00Z","data":{"url":"https://a.example/"}}`
)

var exchanges = []exchange{
	{name: "rank", method: "GET", target: "/v1/ranks?url=HTTPS://A.example:443/%23x"},
	{name: "rank of an alias", method: "GET", target: "/v1/ranks?url=https://a.example/old"},
	{name: "rank of a page that is gone and linked to", method: "GET", target: "/v1/ranks?url=https://b.example/gone"},
	{name: "rank of an unknown page", method: "GET", target: "/v1/ranks?url=https://nobody.example/"},
	{name: "rank not modified", method: "GET", target: "/v1/ranks?url=https://a.example/", headers: []string{`If-None-Match: "x", W/"g7.v3.s41.t1777636798500000"`}},
	{name: "rank as of another time", method: "GET", target: "/v1/ranks?url=https://nobody.example/", headers: []string{`If-None-Match: W/"g7.v3.s41.t1777636798400000"`}},
	{name: "rank modified", method: "GET", target: "/v1/ranks?url=https://nobody.example/", headers: []string{`If-None-Match: W/"g7.v3.s40"`}},
	{name: "rank head", method: "HEAD", target: "/v1/ranks?url=https://a.example/"},
	{name: "rank without url", method: "GET", target: "/v1/ranks"},
	{name: "rank of no http url", method: "GET", target: "/v1/ranks?url=mailto:a@example.com"},
	{name: "rank of a long url", method: "GET", target: "/v1/ranks?url=https://a.example/" + strings.Repeat("x", 3000)},
	{name: "rank with an unknown parameter", method: "GET", target: "/v1/ranks?uri=https://a.example/&url=https://a.example/"},
	{name: "rank before the first generation", with: failing(serving.ErrNotReady), method: "GET", target: "/v1/ranks?url=https://a.example/"},
	{name: "rank without a database", with: failing(fmt.Errorf("read view: %w: secret", serving.ErrUnavailable)), method: "GET", target: "/v1/ranks?url=https://a.example/"},
	{name: "rank while the database does not answer", with: failing(fmt.Errorf("read view: %w: %w", serving.ErrUnavailable, context.DeadlineExceeded)), method: "GET", target: "/v1/ranks?url=https://a.example/"},
	{name: "rank with a fault of ours", with: failing(errors.New("secret")), method: "GET", target: "/v1/ranks?url=https://a.example/"},
	{name: "rank with a panic", with: func(w *world) { w.panics = true }, method: "GET", target: "/v1/ranks?url=https://a.example/"},

	{name: "lookup", method: "POST", target: "/v1/ranks/lookup", headers: []string{jsonType}, body: `{"urls":["https://a.example/","javascript:1","https://nobody.example"]}`},
	{name: "lookup of nothing valid", method: "POST", target: "/v1/ranks/lookup", headers: []string{jsonType}, body: `{"urls":["x"]}`},
	{name: "lookup of none", method: "POST", target: "/v1/ranks/lookup", headers: []string{jsonType}, body: `{"urls":[]}`},
	{name: "lookup of too many", method: "POST", target: "/v1/ranks/lookup", headers: []string{jsonType}, body: `{"urls":["x"` + strings.Repeat(`,"x"`, 1000) + `]}`},
	{name: "lookup with an unknown field", method: "POST", target: "/v1/ranks/lookup", headers: []string{jsonType}, body: `{"urls":["https://a.example/"],"limit":3}`},
	{name: "lookup of a number", method: "POST", target: "/v1/ranks/lookup", headers: []string{jsonType}, body: `{"urls":["https://a.example/",7]}`},
	{name: "lookup with broken json", method: "POST", target: "/v1/ranks/lookup", headers: []string{jsonType}, body: `{"urls":[`},
	{name: "lookup without a body", method: "POST", target: "/v1/ranks/lookup", headers: []string{jsonType}},
	{name: "lookup of another type", method: "POST", target: "/v1/ranks/lookup", headers: []string{"Content-Type: text/plain"}, body: `{"urls":["https://a.example/"]}`},
	{name: "lookup nested too deeply", method: "POST", target: "/v1/ranks/lookup", headers: []string{jsonType}, body: strings.Repeat("[", 40) + strings.Repeat("]", 40)},

	{name: "top", method: "GET", target: "/v1/top?limit=2"},
	{name: "top, the rest", method: "GET", target: "/v1/top?limit=2&cursor=" + topCursor(7, 3, "")},
	{name: "top of a host", method: "GET", target: "/v1/top?host=A.example"},
	{name: "top not modified", method: "GET", target: "/v1/top", headers: []string{"If-None-Match: *"}},
	{name: "top with the cursor of another view", method: "GET", target: "/v1/top?cursor=" + topCursor(7, 2, "")},
	{name: "top with the cursor of another host", method: "GET", target: "/v1/top?cursor=" + topCursor(7, 3, "a.example")},
	{name: "top with a forged cursor", method: "GET", target: "/v1/top?cursor=AAAA"},
	{name: "top with limit 0", method: "GET", target: "/v1/top?limit=0"},
	{name: "top with limit 1001", method: "GET", target: "/v1/top?limit=1001"},
	{name: "top with limit many", method: "GET", target: "/v1/top?limit=many"},
	{name: "top of no host", method: "GET", target: "/v1/top?host=http://a.example/"},

	{name: "host", method: "GET", target: "/v1/hosts/A.example"},
	{name: "unknown host", with: func(w *world) { w.sum = serving.Sum{} }, method: "GET", target: "/v1/hosts/www.nobody.example"},
	{name: "host with a port", method: "GET", target: "/v1/hosts/a.example:8080"},
	{name: "host not modified", method: "GET", target: "/v1/hosts/a.example", headers: []string{`If-None-Match: W/"g7.v3.s41.t1777636798500000"`}},
	{name: "domain", method: "GET", target: "/v1/domains/a.example"},
	{name: "domain of a host", method: "GET", target: "/v1/domains/www.a.example"},

	{name: "one event", method: "POST", target: "/v1/events", headers: []string{oneType}, body: good},
	{name: "one event as plain json", method: "POST", target: "/v1/events", headers: []string{jsonType}, body: good},
	{name: "a batch, some refused", method: "POST", target: "/v1/events", headers: []string{batchType}, body: "[" + good + "," + wrong + ",7]"},
	{name: "lines, some refused", method: "POST", target: "/v1/events", headers: []string{linesType}, body: good + "\n\n{\n" + late + "\n"},
	{name: "no events", method: "POST", target: "/v1/events", headers: []string{batchType}, body: "[]"},
	{name: "one event, refused", method: "POST", target: "/v1/events", headers: []string{oneType}, body: wrong},
	{name: "a batch, all refused", method: "POST", target: "/v1/events", headers: []string{jsonType}, body: "[" + wrong + "," + late + "]"},
	{name: "one event of broken json", method: "POST", target: "/v1/events", headers: []string{oneType}, body: "{"},
	{name: "a batch of broken json", method: "POST", target: "/v1/events", headers: []string{batchType}, body: "[{]"},
	{name: "an object as a batch", method: "POST", target: "/v1/events", headers: []string{batchType}, body: good},
	{name: "an array as one event", method: "POST", target: "/v1/events", headers: []string{oneType}, body: "[" + good + "]"},
	{name: "no body", method: "POST", target: "/v1/events", headers: []string{oneType}},
	{name: "events of another type", method: "POST", target: "/v1/events", headers: []string{"Content-Type: application/x-www-form-urlencoded"}, body: good},
	{name: "events, compressed", method: "POST", target: "/v1/events", headers: []string{oneType, "Content-Encoding: gzip"}, body: good},
	{name: "events, too large", method: "POST", target: "/v1/events", headers: []string{oneType}, body: strings.Repeat(" ", 10<<20)},
	{name: "events without a log", with: func(w *world) { w.logErr = fmt.Errorf("write: %w", serving.ErrLogUnavailable) }, method: "POST", target: "/v1/events", headers: []string{oneType}, body: good},
	{name: "events while lagging", with: func(w *world) { w.health.Lag, w.options.MaxLag = time.Hour, time.Minute }, method: "POST", target: "/v1/events", headers: []string{oneType}, body: good},
	{name: "events while lagging a little", with: func(w *world) { w.options.MaxLag = time.Minute }, method: "POST", target: "/v1/events", headers: []string{oneType}, body: good},

	{name: "request a run", method: "POST", target: "/v1/batch/runs", headers: []string{"Idempotency-Key: k1"}},
	{name: "request a run while one is open", with: func(w *world) { w.mine = false }, method: "POST", target: "/v1/batch/runs"},
	{name: "request a run with an unfit key", method: "POST", target: "/v1/batch/runs", headers: []string{"Idempotency-Key: a b"}},
	{name: "runs", method: "GET", target: "/v1/batch/runs?limit=1"},
	{name: "runs, the rest", method: "GET", target: "/v1/batch/runs?cursor=" + runCursor},
	{name: "runs with a forged cursor", method: "GET", target: "/v1/batch/runs?cursor=%2B"},
	{name: "a run", method: "GET", target: "/v1/batch/runs/" + runID},
	{name: "a running run", with: func(w *world) {
		rate, left := 12e6, 7.5
		w.runs[1].State, w.runs[1].Phase, w.runs[1].Rate, w.runs[1].RateUnit, w.runs[1].SecondsLeft = "running", "rank", &rate, "links", &left
	}, method: "GET", target: "/v1/batch/runs/" + runID},
	{name: "estimate", method: "GET", target: "/v1/batch/estimate"},
	{name: "estimate of a run that is refused", with: func(w *world) {
		w.estimate.Refused, w.estimate.Graph = "memory: the run needs about 9.0 GB and there are 4.0 GB", nil
	}, method: "GET", target: "/v1/batch/estimate"},
	{name: "estimate before a runner looked", with: failing(serving.ErrNoEstimate), method: "GET", target: "/v1/batch/estimate"},
	{name: "no run", method: "GET", target: "/v1/batch/runs/00000000-0000-4000-8000-000000000000"},
	{name: "a run with an odd id", method: "GET", target: "/v1/batch/runs/1"},
	{name: "cancel a run", method: "DELETE", target: "/v1/batch/runs/" + run2},
	{name: "cancel a finished run", method: "DELETE", target: "/v1/batch/runs/" + runID},
	{name: "cancel no run", method: "DELETE", target: "/v1/batch/runs/00000000-0000-4000-8000-000000000000"},

	{name: "generations", method: "GET", target: "/v1/generations?limit=1"},
	{name: "generations, the rest", method: "GET", target: "/v1/generations?cursor=" + generationCursor},
	{name: "generations with a cursor of runs", method: "GET", target: "/v1/generations?cursor=" + runCursor},
	{name: "status", method: "GET", target: "/v1/status"},
	{name: "status while the slack is great", with: func(w *world) { w.health.Certificate.Slack = 1.5 }, method: "GET", target: "/v1/status"},
	{name: "status before the first generation", with: func(w *world) { w.health = serving.Health{} }, method: "GET", target: "/v1/status"},
	{name: "status without a speed layer", with: func(w *world) {
		w.health.Speed, w.health.View, w.health.Sequence, w.health.End, w.health.Applied = nil, 0, 0, nil, link.Offsets{10, 20}
	}, method: "GET", target: "/v1/status"},

	{name: "live", with: failing(errors.New("all is broken")), method: "GET", target: "/livez"},
	{name: "ready", method: "GET", target: "/readyz"},
	{name: "not ready", with: failing(serving.ErrNotReady), method: "GET", target: "/readyz"},
	{name: "version", method: "GET", target: "/version"},
	{name: "root", method: "GET", target: "/"},

	{name: "no such route", method: "GET", target: "/v2/ranks"},
	{name: "no such route, odd method", method: "BREW", target: "/coffee"},
	{name: "odd method", method: "BREW", target: "/v1/top"},
	{name: "wrong method", method: "DELETE", target: "/v1/ranks?url=x"},
	{name: "wrong method of a run", method: "POST", target: "/v1/batch/runs/" + runID},
	{name: "trailing slash", method: "GET", target: "/v1/top/"},
}

// The headers that are part of the contract.
var shown = []string{"Accept", "Allow", "Cache-Control", "Content-Type", "ETag", "Link", "Location", "Retry-After", "X-Request-Id"}

// TestGolden sends every exchange and compares all of the answers with
// testdata/golden.txt; read that file to see the API. Each answer must also be as
// the OpenAPI document says, and every operation must have been met.
func TestGolden(t *testing.T) {
	var text bytes.Buffer
	met := map[string]bool{}
	for _, e := range exchanges {
		w := newWorld()
		if e.with != nil {
			e.with(w)
		}
		s := w.server()
		got := do(s, e.method, e.target, e.body, append(e.headers, "X-Request-ID: test")...)
		fmt.Fprintf(&text, "# %s\n%s %s\n", e.name, e.method, brief(e.target))
		for _, h := range e.headers {
			fmt.Fprintln(&text, h)
		}
		if e.body != "" {
			fmt.Fprintf(&text, "\n%s\n", strings.TrimSpace(brief(e.body)))
		}
		fmt.Fprintf(&text, "\n%d %s\n", got.Code, http.StatusText(got.Code))
		for _, h := range shown {
			for _, v := range got.Header()[http.CanonicalHeaderKey(h)] {
				fmt.Fprintf(&text, "%s: %s\n", h, v)
			}
		}
		if e.method == "HEAD" || got.Code == http.StatusNotModified {
			if e.method != "HEAD" && got.Body.Len() > 0 { // net/http drops HEAD's
				t.Errorf("%s: a body: %s", e.name, got.Body)
			}
		} else if strings.Contains(got.Header().Get("Content-Type"), "json") {
			var out bytes.Buffer
			if err := json.Indent(&out, got.Body.Bytes(), "", "  "); err != nil {
				t.Errorf("%s: %v: %s", e.name, err, got.Body)
			}
			fmt.Fprintf(&text, "\n%s\n", strings.TrimSpace(out.String()))
		}
		text.WriteString("\n")
		if got.Code >= 400 && got.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: status %d as %q", e.name, got.Code, got.Header().Get("Content-Type"))
		}
		if strings.Contains(got.Body.String(), "secret") {
			t.Errorf("%s: tells what is ours: %s", e.name, got.Body)
		}
		if op := documented(t, s.OpenAPI(), e, got.Code, got.Body.Bytes()); op != "" {
			met[op] = true
		}
	}
	for _, path := range newWorld().server().OpenAPI().Paths {
		for _, op := range []*huma.Operation{path.Get, path.Post, path.Delete} {
			if op != nil && !met[op.OperationID] && !slices.Contains([]string{"getMetrics", "getDocs", "getOpenAPI"}, op.OperationID) {
				t.Errorf("no exchange for %s %s", op.Method, op.Path)
			}
		}
	}

	const file = "testdata/golden.txt"
	if *update {
		if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(text.String(), "\n")); diff != "" {
		t.Errorf("answers differ from %s (go test -update writes it anew):\n%s", file, diff)
	}
}

func brief(s string) string {
	if len(s) > 400 {
		return fmt.Sprintf("%.40s… (%d bytes)", s, len(s))
	}
	return s
}

// documented checks an answer against the document and returns the operation.
func documented(t *testing.T, doc *huma.OpenAPI, e exchange, code int, body []byte) string {
	t.Helper()
	paths := chi.NewMux()
	for path, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Delete} {
			if op != nil {
				paths.MethodFunc(op.Method, path, func(http.ResponseWriter, *http.Request) {})
			}
		}
	}
	method := e.method
	if method == "HEAD" {
		method = "GET"
	}
	path, _, _ := strings.Cut(e.target, "?")
	route := paths.Find(chi.NewRouteContext(), method, path)
	if route == "" {
		return ""
	}
	item := doc.Paths[route]
	op := map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "DELETE": item.Delete}[method]
	response := op.Responses[fmt.Sprint(code)]
	if response == nil {
		t.Errorf("%s: %s does not document status %d", e.name, op.OperationID, code)
		return op.OperationID
	}
	if e.method == "HEAD" {
		return op.OperationID
	}
	for _, media := range response.Content {
		var value any
		if err := json.Unmarshal(body, &value); err != nil {
			t.Errorf("%s: %v", e.name, err)
			continue
		}
		result := &huma.ValidateResult{}
		huma.Validate(doc.Components.Schemas, media.Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, value, result)
		for _, err := range result.Errors {
			t.Errorf("%s: the answer is not as documented: %v", e.name, err)
		}
	}
	return op.OperationID
}
