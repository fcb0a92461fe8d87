package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"freshrank/serving"
)

// holders makes a ring with one key for each scope, and returns their secrets.
func (w *world) holders() map[serving.Scope]string {
	secrets := map[serving.Scope]string{}
	w.ring = serving.KeyRing{Ever: true, Keys: map[serving.KeyHash]serving.Key{}}
	for i, scope := range serving.Scopes {
		secrets[scope] = serving.NewSecret()
		hash, _ := serving.HashSecret(secrets[scope])
		w.ring.Keys[hash] = serving.Key{ID: int64(i + 1), Scopes: []serving.Scope{scope}}
	}
	w.options.Keys = w
	return secrets
}

// operations are all there are, by method and a path that can be asked for.
func operations(doc *huma.OpenAPI) map[string]*huma.Operation {
	out := map[string]*huma.Operation{}
	for path, item := range doc.Paths {
		path = strings.NewReplacer("{host}", "a.example", "{domain}", "a.example", "{id}", run2).Replace(path)
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Delete} {
			if op != nil {
				out[op.Method+" "+path] = op
			}
		}
	}
	return out
}

// TestScopes asks every operation of the document with no key, with a key that
// nobody has, and with each of three that are good for one scope: exactly the one
// that the document names gets in. Six operations ask for no key.
func TestScopes(t *testing.T) {
	w := newWorld()
	secrets := w.holders()
	s := w.server()
	var free []string
	for where, op := range operations(s.OpenAPI()) {
		method, path, _ := strings.Cut(where, " ")
		if op.Security == nil {
			free = append(free, where)
			if got := do(s, method, path, ""); got.Code >= 400 {
				t.Errorf("%s without a key: %d %s", where, got.Code, got.Body)
			}
			continue
		}
		want := serving.Scope(op.Security[0]["key"][0])
		for _, header := range []string{"X-A: b", "Authorization: Bearer " + serving.NewSecret()} {
			got := do(s, method, path, "", header)
			if got.Code != 401 || !strings.HasPrefix(got.Header().Get("WWW-Authenticate"), "Bearer ") ||
				got.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s with %q: %d %v", where, header, got.Code, got.Header())
			}
		}
		for scope, secret := range secrets {
			got := do(s, method, path, "", "Authorization: Bearer "+secret)
			switch {
			case got.Code == 401, (got.Code == 403) != (scope != want):
				t.Errorf("%s, which needs %s, with a key for %s: %d %s", where, want, scope, got.Code, got.Body)
			case got.Code == 403 && (!strings.Contains(got.Header().Get("WWW-Authenticate"), `scope="`+string(want)+`"`) ||
				got.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(got.Body.String(), "wrong-scope")):
				t.Errorf("%s: %v %s", where, got.Header(), got.Body)
			}
		}
	}
	slices.Sort(free)
	if want := []string{"GET /", "GET /docs", "GET /livez", "GET /openapi.json", "GET /readyz", "GET /version"}; !slices.Equal(free, want) {
		t.Errorf("without a key: %v, want %v", free, want)
	}
}

// TestNoWayAround: odd ways to write a path, a method or a key open nothing, and
// of what was sent nothing is repeated or logged.
func TestNoWayAround(t *testing.T) {
	w := newWorld()
	secret := w.holders()[serving.ScopeRead]
	var log bytes.Buffer
	w.options.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := w.server()
	for _, target := range []string{
		"/v1/status/", "//v1/status", "/v1//status", "/%761/status", "/v1%2fstatus", "/livez/../v1/status", "/docs/", "/V1/status", "/none",
		"/v1/status;/livez", "/v1/status%3f/livez", "/metrics?x=/livez", "/v1/top?limit=0", "/v1/hosts/%2e%2e%2flivez",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "DELETE", "OPTIONS", "BREW"} {
			if got := do(s, method, target, good, "Content-Type: application/json"); got.Code != 401 {
				t.Errorf("%s %s without a key: %d %s", method, target, got.Code, got.Body)
			}
		}
	}
	r := httptest.NewRequest("POST", "/v1/events", iotest.ErrReader(errors.New("the body was read")))
	r.Header.Set("Authorization", "Bearer "+serving.NewSecret())
	refused := httptest.NewRecorder()
	if s.ServeHTTP(refused, r); refused.Code != 401 {
		t.Errorf("a body that must not be read: %d %s", refused.Code, refused.Body)
	}
	bare := strings.TrimPrefix(secret, "freshrank_")
	for name, headers := range map[string][]string{
		"of another scheme": {"Authorization: Basic " + secret},
		"without a scheme":  {"Authorization: " + secret},
		"without prefix":    {"Authorization: Bearer " + bare},
		"shortened":         {"Authorization: Bearer " + secret[:len(secret)-1]},
		"lengthened":        {"Authorization: Bearer " + secret + "A"},
		"padded":            {"Authorization: Bearer " + secret + "="},
		"in capitals":       {"Authorization: Bearer " + strings.ToUpper(secret)},
		"twice":             {"Authorization: Bearer " + secret, "Authorization: Bearer " + secret},
		"of its hash":       {fmt.Sprintf("Authorization: Bearer %x", hashOf(secret))},
		"of nothing":        {"Authorization: Bearer "},
		"in a query":        {"X-A: b"},
	} {
		got := do(s, "GET", "/v1/status?key="+bare, "", headers...)
		if got.Code != 401 || strings.Contains(got.Body.String(), bare[:20]) {
			t.Errorf("key %s: %d %s", name, got.Code, got.Body)
		}
	}
	if got := do(s, "GET", "/v1/status", "", "Authorization: bearer  "+secret); got.Code != 200 {
		t.Errorf("the key itself, in a scheme of small letters: %d %s", got.Code, got.Body)
	}
	if strings.Contains(strings.ToUpper(log.String()), strings.ToUpper(bare[:20])) {
		t.Errorf("the log shows a key:\n%s", log.String())
	}
	if !strings.Contains(log.String(), "key=1") {
		t.Errorf("the log does not say whose request it was:\n%s", log.String())
	}
}

// TestOthersCaches: no answer to a key may be kept and given to another, and no
// error at all.
func TestOthersCaches(t *testing.T) {
	w := newWorld()
	secrets := w.holders()
	s := w.server()
	for where, op := range operations(s.OpenAPI()) {
		if op.Security == nil {
			continue
		}
		method, path, _ := strings.Cut(where, " ")
		for _, secret := range append(slices.Collect(maps.Values(secrets)), "none") {
			got := do(s, method, path, "", "Authorization: Bearer "+secret)
			// no-cache: kept, but asked for each time. Without any of these three, a shared
			// cache must not keep the answer to an Authorization (RFC 9111, 3.5).
			caching := got.Header().Get("Cache-Control")
			if strings.Contains(caching, "public") || strings.Contains(caching, "s-maxage") || strings.Contains(caching, "must-revalidate") ||
				got.Code >= 400 && caching != "no-store" {
				t.Errorf("%s: %d, Cache-Control %q", where, got.Code, caching)
			}
		}
	}
}

func hashOf(secret string) serving.KeyHash {
	hash, _ := serving.HashSecret(secret)
	return hash
}

// TestRevoked: a key ends within two seconds and comes into being as fast; while
// the database does not answer, what was known holds for five minutes.
func TestRevoked(t *testing.T) {
	w := newWorld()
	secret := w.holders()[serving.ScopeSubmit]
	clock := now
	w.clock = func() time.Time { return clock }
	s := w.server()
	ask := func() int {
		return do(s, "POST", "/v1/events", good, "Content-Type: application/json", "Authorization: Bearer "+secret).Code
	}
	is := func(when string, want int) {
		t.Helper()
		if got := ask(); got != want {
			t.Errorf("%s: %d, want %d", when, got, want)
		}
	}
	is("at first", 202)
	full := w.ring
	w.ring = serving.KeyRing{Ever: true}
	clock = clock.Add(2 * time.Second)
	is("revoked", 401)
	w.ring = full
	clock = clock.Add(2 * time.Second)
	is("made", 202)
	w.err = fmt.Errorf("read: %w", serving.ErrUnavailable)
	reads := w.ringReads
	clock = clock.Add(5 * time.Minute)
	is("without a database", 202)
	is("without a database, again", 202)
	if w.ringReads != reads+1 {
		t.Errorf("a database that does not answer was asked %d times at once", w.ringReads-reads)
	}
	clock = clock.Add(2 * time.Second)
	is("without a database for long", 503)
	is("without a database for long, again", 503)
	if w.ringReads != reads+2 {
		t.Errorf("a database that does not answer was asked %d times at once", w.ringReads-reads-1)
	}
	if got := do(s, "GET", "/livez", ""); got.Code != 200 {
		t.Errorf("alive without a database: %d", got.Code)
	}
	w.err = nil
	clock = clock.Add(2 * time.Second)
	is("with a database again", 202)
}

// ringStale is how long keys are believed without a database.
const ringStale = 5 * time.Minute

// TestForeignHosts: a server that asks nobody for a key answers under names of its own
// alone. Under that of a web page, a browser would take it for that page's server.
func TestForeignHosts(t *testing.T) {
	w := newWorld()
	w.options.AllowHosts = []string{"ranks.example"}
	s := w.server()
	for host, want := range map[string]int{
		"127.0.0.1:8080": 200, "10.1.2.3": 200, "[::1]:8080": 200, "localhost": 200, "serve:8080": 200, "Ranks.Example:80": 200,
		"evil.example": 403, "127.0.0.1.evil.example:8080": 403, "ranks.example.evil.example": 403,
	} {
		if got := do(s, "GET", "http://"+host+"/v1/status", ""); got.Code != want {
			t.Errorf("as %s: %d %s", host, got.Code, got.Body)
		}
	}
	if got := do(s, "GET", "http://evil.example/livez", ""); got.Code != 200 {
		t.Errorf("alive, under any name: %d %s", got.Code, got.Body)
	}
	w.options.AllowHosts = []string{"*"}
	if got := do(w.server(), "GET", "http://evil.example/v1/status", ""); got.Code != 200 {
		t.Errorf("where every name is allowed: %d %s", got.Code, got.Body)
	}
}

// TestSilentKeys: that keys cannot be read is logged once, as is the end of it, and
// counted as what it is; how old those in use are is exported.
func TestSilentKeys(t *testing.T) {
	w := newWorld()
	secret := w.holders()[serving.ScopeRead]
	clock := now
	w.clock = func() time.Time { return clock }
	var log bytes.Buffer
	w.options.Logger = slog.New(slog.NewTextHandler(&log, nil))
	s := w.server()
	ask := func(path string) *httptest.ResponseRecorder {
		return do(s, "GET", path, "", "Authorization: Bearer "+secret)
	}
	ask("/v1/status")
	w.err = context.DeadlineExceeded
	for range 10 {
		clock = clock.Add(20 * time.Second)
		ask("/v1/status")
	}
	if n := strings.Count(log.String(), "keys cannot be read"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, log.String())
	}
	if got := ask("/metrics").Body.String(); !strings.Contains(got, "freshrank_serving_keys_age_seconds 200\n") {
		t.Errorf("the age of the keys is not told:\n%s", got)
	}
	clock = clock.Add(ringStale)
	if got := ask("/v1/status"); got.Code != 503 || !strings.Contains(got.Body.String(), "database-unavailable") {
		t.Errorf("after a long while: %d %s", got.Code, got.Body)
	}
	if got := ask("/v1/ranks?url=" + home); got.Code != 503 {
		t.Errorf("after a long while: %d %s", got.Code, got.Body)
	}
	w.err = nil
	clock = clock.Add(20 * time.Second)
	if got := ask("/metrics").Body.String(); !strings.Contains(log.String(), "keys can be read again") ||
		!strings.Contains(got, `freshrank_http_request_duration_seconds_count{code="503",method="GET",route="/v1/ranks"} 1`) {
		t.Errorf("log\n%s\nmetrics\n%s", log.String(), got)
	}
}

// TestOpenUntilFirstKey: without a key all is open; with the first it closes, and
// does not open again when that is revoked.
func TestOpenUntilFirstKey(t *testing.T) {
	w := newWorld()
	clock := now
	w.clock = func() time.Time { return clock }
	w.options.Keys, w.options.OpenUntilFirstKey = w, true
	s := w.server()
	const local = "http://127.0.0.1:8080"
	for _, host := range []string{"127.0.0.1:8080", "127.0.0.1", "[::1]:8080", "localhost:8080", "a.localhost"} {
		if got := do(s, "GET", "http://"+host+"/v1/status", ""); got.Code != http.StatusOK {
			t.Errorf("before the first key, as %s: %d %s", host, got.Code, got.Body)
		}
	}
	for _, host := range []string{"evil.example:8080", "127.0.0.1.evil.example", "evillocalhost"} { // DNS rebinding
		if got := do(s, "POST", "http://"+host+"/v1/batch/runs", "", "Origin: http://"+host); got.Code != http.StatusForbidden {
			t.Errorf("before the first key, as %s: %d %s", host, got.Code, got.Body)
		}
	}
	if got := do(s, "POST", local+"/v1/batch/runs", ""); got.Code != http.StatusAccepted {
		t.Errorf("before the first key: %d %s", got.Code, got.Body)
	}
	for _, header := range []string{"X-Forwarded-For: 1.2.3.4", "Forwarded: for=1.2.3.4", "Via: 1.1 proxy", "X-Real-IP: 1.2.3.4"} {
		if got := do(s, "POST", local+"/v1/batch/runs", "", header); got.Code != http.StatusForbidden || !strings.Contains(got.Body.String(), "proxied") {
			t.Errorf("before the first key, with %s: %d %s", header, got.Code, got.Body)
		}
	}
	w.err = fmt.Errorf("the database is away: %w", serving.ErrUnavailable)
	clock = clock.Add(ringStale)
	if got := do(s, "POST", local+"/v1/events", good); got.Code != http.StatusAccepted {
		t.Errorf("before the first key, without a database: %d %s", got.Code, got.Body)
	}
	clock = clock.Add(2 * time.Second) // somebody may have made a key by now
	if got := do(s, "POST", local+"/v1/events", good); got.Code != http.StatusServiceUnavailable {
		t.Errorf("before the first key, without a database for long: %d %s", got.Code, got.Body)
	}
	w.err, w.ring = nil, serving.KeyRing{Ever: true}
	clock = clock.Add(2 * time.Second)
	if got := do(s, "POST", "/v1/batch/runs", ""); got.Code != http.StatusUnauthorized {
		t.Errorf("after the last key: %d %s", got.Code, got.Body)
	}
	w.options.OpenUntilFirstKey, w.ring = false, serving.KeyRing{}
	if got := do(w.server(), "GET", "/v1/status", ""); got.Code != http.StatusUnauthorized {
		t.Errorf("closed from the start: %d %s", got.Code, got.Body)
	}
}
