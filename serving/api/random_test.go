package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"freshrank/pagerank/link"
	"freshrank/serving"
	"freshrank/serving/api/apitest"
)

// TestRandomRequests asks every operation of the document, right, nearly right and
// absurdly. None may end in a 5xx, whatever is not right must be a documented problem
// that says what to do, and nothing may reach the layers behind that Postgres would
// choke on.
func TestRandomRequests(t *testing.T) {
	const seed = 20260501
	s := strict{newWorld()}.server()
	g, err := apitest.New(do(s, "GET", "/openapi.json", "").Body.Bytes(), seed, map[string][]string{
		"url": {home, old, gone, "https://nobody.example/"}, "host": {"a.example"}, "domain": {"a.example"}, "id": {runID, run2},
		"cursor": {runCursor, generationCursor, topCursor(7, 3, ""), topCursor(7, 3, "a.example"), topCursor(1, 1, ""), ""}, "If-None-Match": {`W/"g7.v3.s41.t1777636798500000"`},
		"": {good, "[" + good + "," + wrong + "]", good + "\n" + late, `{"urls":["` + home + `","x"]}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for i := range 20_000 {
		r := g.Next()
		request, err := http.NewRequest(r.Method, "http://api.example"+r.Target, bytes.NewReader([]byte(r.Body)))
		if err != nil {
			continue // a target that no client can send
		}
		sent++
		request.RequestURI, request.Header = r.Target, r.Header
		if i%10 == 0 {
			request.ContentLength = -1
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, request)
		if err := g.Check(r, w.Code, w.Header(), w.Body.Bytes(), false); err != nil {
			t.Fatalf("seed %d, %v", seed, err)
		}
	}
	if err := g.Covered(); err != nil || sent < 10_000 {
		t.Errorf("%d requests: %v", sent, err)
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
