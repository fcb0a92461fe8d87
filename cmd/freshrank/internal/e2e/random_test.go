package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"freshrank/serving/api/apitest"
)

// TestRandomRequests sends random requests for every operation of the document to a
// running freshrank, with its Postgres, its log and its layers. None ends in a 500, each
// problem says what to do, every line of the log is one, and what is served is right
// when it is over.
func TestRandomRequests(t *testing.T) {
	const seed = 20260502
	data := t.TempDir()
	graph(t, data, 500, 3000)
	flags := logFlags()
	p := up(t, data, append(flags, "--schedule", "off", "--log-level", "debug")...)
	p.ready()
	page := p.call(200, "GET", "/v1/top?limit=1", "")["items"].([]any)[0].(map[string]any)["url"].(string)
	u, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	top, runs := p.call(200, "GET", "/v1/top?limit=2", ""), p.call(200, "GET", "/v1/batch/runs?limit=1", "")
	document, err := json.Marshal(p.call(200, "GET", "/openapi.json", ""))
	if err != nil {
		t.Fatal(err)
	}
	first := runs["items"].([]any)[0].(map[string]any)["id"].(string)
	event := crawled("1", "https://me.example/", page)
	g, err := apitest.New(document, seed, map[string][]string{
		"url": {page, "https://me.example/"}, "host": {u.Hostname()}, "domain": {u.Hostname()}, "cursor": {top["next_cursor"].(string), ""},
		"id": {first}, "": {event, `{"urls":["` + page + `"]}`},
	})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{
		Timeout: 30 * time.Second, Transport: &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	answered := 0
	for range 5000 {
		r := g.Next()
		request, err := http.NewRequestWithContext(t.Context(), r.Method, p.api+r.Target, strings.NewReader(r.Body))
		if err != nil {
			continue // a target that no client can send
		}
		request.Header = r.Header
		res, err := client.Do(request)
		if err != nil {
			continue // neither can it send every header
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatalf("seed %d, %s: the answer ends early: %v", seed, r, err)
		}
		var made struct{ ID string }
		if at := res.Header.Get("Location"); r.Method == http.MethodPost && at != "" && json.Unmarshal(body, &made) == nil && made.ID != "" {
			g.Fit("id", first, made.ID) // one that may be cancelled
		}
		answered++
		if err := g.Check(r, res.StatusCode, res.Header, body, true); err != nil {
			t.Fatalf("seed %d, %v", seed, err)
		}
	}
	if err := g.Covered(); err != nil || answered < 3000 {
		t.Errorf("%d answers: %v", answered, err)
	}
	p.eventually("ended all runs", time.Minute, func() bool {
		_, now := p.try("GET", "/v1/status", "")
		_, runs := p.try("GET", "/v1/batch/runs?limit=1", "")
		last := runs["items"].([]any)[0].(map[string]any)
		return last["finished_at"] != nil && (last["generation"] == nil || last["state"] != "succeeded" || last["generation"] == now["generation"])
	})
	verified(t, data, flags...)
	p.stop()
	for line := range strings.Lines(p.said()) {
		var entry struct{ Level, Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err == nil && entry.Level == "ERROR" {
			t.Errorf("logged %s", line)
		} else if err != nil && strings.HasPrefix(line, "{") {
			t.Errorf("no line of a log: %q", line)
		}
	}
}
