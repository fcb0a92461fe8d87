package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"freshrank/serving"
)

// TestNonsense: what is cheap to send does not become dear: no answer is much
// longer than the longest useful one.
func TestNonsense(t *testing.T) {
	s := newWorld().server()
	for name, test := range map[string]struct {
		target, media, body string
		code                int
	}{
		"lines":            {"/v1/events", linesType, strings.Repeat("1\n", 1<<20), 413},
		"an array":         {"/v1/events", batchType, "[" + strings.Repeat("1,", 1<<20) + "1]", 413},
		"49,999 lines":     {"/v1/events", linesType, strings.Repeat("1\n", 49_999), 422},
		"half good":        {"/v1/events", linesType, strings.Repeat("1\n", 49_990) + good, 202},
		"a lookup":         {"/v1/ranks/lookup", jsonType, `{"urls":[` + strings.Repeat("1,", 1<<20) + "1]}", 422},
		"names":            {"/v1/ranks/lookup", jsonType, `{"` + strings.Repeat(`a":1,"`, 1<<18) + `a":1}`, 422},
		"a deep lookup":    {"/v1/ranks/lookup", jsonType, `{"urls":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}", 422},
		"a deeper lookup":  {"/v1/ranks/lookup", jsonType, strings.Repeat("[", 1<<20), 400},
		"a deep event":     {"/v1/events", oneType, `{"x":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "}", 422},
		"a deeper event":   {"/v1/events", "X-A: b", strings.Repeat("[", 1<<20), 400},
		"parameters":       {"/v1/ranks/lookup?" + strings.Repeat("a&", 1<<14), jsonType, "{}", 422},
		"many parameters":  {"/v1/batch/runs?" + manyNames(5000), jsonType, "", 422},
		"a long parameter": {"/v1/batch/runs?" + strings.Repeat("a", 50_000), jsonType, "", 422},
	} {
		if got := do(s, "POST", test.target, test.body, test.media); got.Code != test.code || got.Body.Len() > 20_000 {
			t.Errorf("%s: %d with %d bytes, want %d: %.300s", name, got.Code, got.Body.Len(), test.code, got.Body)
		}
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("x", i%50+1) + string(rune('a'+i/50%26)) + string(rune('a'+i/1300)) + "&")
	}
	return b.String()
}

// TestUnreadBodies: only where a body means something is one taken in.
func TestUnreadBodies(t *testing.T) {
	s := newWorld().server()
	for _, target := range []string{"GET /v1/top", "GET /livez", "DELETE /v1/batch/runs/" + run2} {
		method, path, _ := strings.Cut(target, " ")
		if got := do(s, method, path, strings.Repeat("x", 9<<20)); got.Code >= 300 {
			t.Errorf("%s with 9 MiB: %d %s", target, got.Code, got.Body)
		}
	}
	// huma would set a time limit on the connection that also ends the handler.
	for path, item := range s.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Delete} {
			if op != nil && op.RequestBody != nil && op.BodyReadTimeout >= 0 {
				t.Errorf("%s %s: the connection is cut after %s", op.Method, path, op.BodyReadTimeout)
			}
		}
	}
}

// TestCrossSite: a page of another site cannot use a visitor's browser to submit
// events or to start and cancel runs.
func TestCrossSite(t *testing.T) {
	w := newWorld()
	w.options.CORSOrigins = []string{"https://ui.example"}
	s := w.server()
	for name, test := range map[string]struct {
		method, target, header string
		refused                bool
	}{
		"event":            {"POST", "/v1/events", "Sec-Fetch-Site: cross-site", true},
		"event, old":       {"POST", "/v1/events", "Origin: https://evil.example", true},
		"run":              {"POST", "/v1/batch/runs", "Sec-Fetch-Site: same-site", true},
		"cancel":           {"DELETE", "/v1/batch/runs/" + run2, "Origin: null", true},
		"read":             {"GET", "/v1/status", "Sec-Fetch-Site: cross-site", false},
		"own page":         {"POST", "/v1/events", "Sec-Fetch-Site: same-origin", false},
		"own page, old":    {"POST", "/v1/events", "Origin: http://example.com", false}, // httptest's host
		"no browser":       {"POST", "/v1/events", "X-A: b", false},
		"a trusted origin": {"POST", "/v1/events", "Origin: https://ui.example", false},
	} {
		got := do(s, test.method, test.target, good, test.header)
		if refused := got.Code == http.StatusForbidden; refused != test.refused || refused && got.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, got.Code, got.Body)
		}
	}
}

// TestReadyCostsNothing: whoever asks whether it is ready needs no key, and makes no query.
func TestReadyCostsNothing(t *testing.T) {
	w := newWorld()
	w.holders()
	asked := &counted{world: w}
	s := w.serverOver(asked, w)
	for range 100 {
		if got := do(s, "GET", "/readyz", ""); got.Code != http.StatusOK {
			t.Fatalf("%d %s", got.Code, got.Body)
		}
	}
	if asked.n != 1 {
		t.Errorf("100 requests made %d queries", asked.n)
	}
	w.health.Ready = false
	if got := do(w.server(), "GET", "/readyz", ""); got.Code != http.StatusServiceUnavailable {
		t.Errorf("before the first generation: %d %s", got.Code, got.Body)
	}
}

// counted counts what is asked of the database.
type counted struct {
	*world
	n int
}

func (c *counted) Health(ctx context.Context) (serving.Health, error) {
	c.n++
	return c.world.Health(ctx)
}

func (c *counted) Top(ctx context.Context, q serving.TopQuery) (serving.Snapshot, []serving.Page, error) {
	c.n++
	return c.world.Top(ctx, q)
}

// hung is a database that says nothing until the caller gives up.
type hung struct{ *world }

func (h hung) Health(ctx context.Context) (serving.Health, error) {
	<-ctx.Done()
	return serving.Health{}, ctx.Err()
}

// TestHungDatabase does not keep events from the log.
func TestHungDatabase(t *testing.T) {
	w := newWorld()
	w.options.MaxLag = time.Minute
	began := time.Now()
	if got := do(w.serverOver(hung{w}, w), "POST", "/v1/events", good); got.Code != http.StatusAccepted || time.Since(began) > 5*time.Second {
		t.Errorf("%d after %s: %s", got.Code, time.Since(began), got.Body)
	}
}
