package api_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// TestRandomRequests sends requests that are right, nearly right and absurd.
// None may end in a 500, whatever is not right must be a problem, and nothing
// may reach the layers behind that Postgres would choke on.
func TestRandomRequests(t *testing.T) {
	const seed = 20260501
	random := rand.New(rand.NewPCG(seed, 1))
	s := strict{newWorld()}.server()
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	odd := func() string {
		return pick("", "0", "-1", "1e9", "999999999999999999999", "\x00", "\xff\xfe", "%", "💥", "a b", "'; DROP TABLE x", "../..", "<script>",
			strings.Repeat("x", 5000), strings.Repeat("[", 500), home, runID, runCursor, generationCursor, topCursor(7, 3, ""), topCursor(1, 1, ""),
			"https://user:pw@[::1]:80/%zz?#", "http://xn--/", "http://\u202e.example/", "a.example", "[::1]", "a..b", "::1", "1.2.3.4", "com", "null", "{}")
	}
	for i := range 20_000 {
		method := pick("GET", "GET", "GET", "POST", "POST", "DELETE", "HEAD", "PUT", "OPTIONS", "BREW")
		path := pick("/v1/ranks", "/v1/ranks/lookup", "/v1/top", "/v1/hosts/"+url.PathEscape(odd()), "/v1/domains/"+url.PathEscape(odd()), "/v1/events",
			"/v1/batch/runs", "/v1/batch/runs/"+url.PathEscape(odd()), "/v1/batch/runs/"+runID, "/v1/batch/estimate", "/v1/generations", "/v1/status",
			"/livez", "/readyz", "/metrics", "/version", "/openapi.json", "/docs", "/", "/"+url.PathEscape(odd()))
		query := url.Values{}
		for range random.IntN(3) {
			query.Add(pick("url", "limit", "cursor", "host", "q"), odd())
		}
		target := path
		if len(query) > 0 {
			target += "?" + query.Encode() + pick("", "", "&", "&=", "&%", ";", "&url=%ff&url")
		}
		body := pick("", good, "["+good+","+wrong+"]", good+"\n"+late, odd(), `{"urls":["`+pick(home, "x", "\x00", `\u0000`, `\ud800`)+`"]}`, `{"urls":`+pick("null", "7", "{}", "[7]", "[null]", `["",""]`)+`}`)
		r, err := http.NewRequest(method, "http://api.example"+target, strings.NewReader(body))
		if err != nil {
			continue // a target that no client can send
		}
		r.RequestURI = target
		r.Header.Set("Content-Type", pick("", "application/json", "application/cloudevents+json", "application/cloudevents-batch+json", "application/x-ndjson", "text/plain", odd()))
		for range random.IntN(3) {
			r.Header.Set(pick("Idempotency-Key", "If-None-Match", "Accept", "X-Request-ID", "Content-Encoding", "Origin"), odd())
		}
		if random.IntN(10) == 0 {
			r.ContentLength = -1
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		where := fmt.Sprintf("seed %d, request %d: %s %q %q %q", seed, i, method, target, r.Header, brief(body))
		if w.Code >= 500 {
			t.Fatalf("%s: %d %s", where, w.Code, w.Body)
		}
		if w.Code >= 400 && w.Header().Get("Content-Type") != "application/problem+json" {
			t.Fatalf("%s: %d as %s", where, w.Code, w.Header().Get("Content-Type"))
		}
		if id := w.Header().Get("X-Request-ID"); id == "" || strings.ContainsAny(id, "\r\n <") {
			t.Fatalf("%s: request id %q", where, id)
		}
	}
}

// strict refuses what must not come through.
type strict struct{ *world }

func (s strict) server() http.Handler {
	s.options.Limits = link.DefaultLimits()
	return s.world.serverOver(s, s)
}

func storable(texts ...string) error {
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return fmt.Errorf("text %q reached the database", s)
		}
	}
	return nil
}

func (s strict) Top(ctx ctx, q serving.TopQuery) (serving.Snapshot, []serving.Page, error) {
	if err := storable(q.Host); err != nil || q.Limit < 1 || q.Limit > 1001 {
		return serving.Snapshot{}, nil, fmt.Errorf("limit %d: %w", q.Limit, err)
	}
	return s.world.Top(ctx, q)
}

func (s strict) Host(ctx ctx, host string) (serving.Snapshot, serving.Sum, error) {
	if err := storable(host); err != nil || host == "" {
		return serving.Snapshot{}, serving.Sum{}, fmt.Errorf("host %q: %w", host, err)
	}
	return s.world.Host(ctx, host)
}

func (s strict) Domain(ctx ctx, domain string) (serving.Snapshot, serving.Sum, error) {
	return s.Host(ctx, domain)
}

func (s strict) Request(ctx ctx, key string) (serving.Run, bool, error) {
	if err := storable(key); err != nil {
		return serving.Run{}, false, err
	}
	return s.world.Request(ctx, key)
}

func (s strict) Run(ctx ctx, id string) (serving.Run, error) {
	if _, err := link.ParsePageKey(id); err != nil {
		return serving.Run{}, fmt.Errorf("id %q reached the database", id)
	}
	return s.world.Run(ctx, id)
}
