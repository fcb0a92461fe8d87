package api_test

import (
	"strings"
	"testing"
	"time"

	"freshrank/serving"
)

// TestSlowestBucket: next to no rate is a long wait, and not none.
func TestSlowestBucket(t *testing.T) {
	w := newWorld()
	secret := w.holders()[serving.ScopeRead]
	hash := hashOf(secret)
	slow := w.ring.Keys[hash]
	slow.Rate = 1e-300
	w.ring.Keys[hash] = slow
	s := w.server()
	do(s, "GET", "/v1/status", "", "Authorization: Bearer "+secret)
	if got := do(s, "GET", "/v1/status", "", "Authorization: Bearer "+secret); got.Code != 429 || got.Header().Get("Retry-After") != "86400" {
		t.Errorf("%d, Retry-After %s", got.Code, got.Header().Get("Retry-After"))
	}
}

// TestKeyRateLimit: each key has the rate of its own, or the server's; a second's
// worth may come at once; one key does not use up another's.
func TestKeyRateLimit(t *testing.T) {
	w := newWorld()
	secrets := w.holders()
	hash := hashOf(secrets[serving.ScopeSubmit])
	own := w.ring.Keys[hash]
	own.Rate = 0.1
	w.ring.Keys[hash] = own
	w.options.KeyRateLimit = 3
	clock := now
	w.clock = func() time.Time { return clock }
	s := w.server()
	ask := func(scope serving.Scope) (code int, after string) {
		got := do(s, "GET", "/v1/status", "", "Authorization: Bearer "+secrets[scope])
		if got.Code == 429 && (got.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(got.Body.String(), "key-rate")) {
			t.Errorf("%v %s", got.Header(), got.Body)
		}
		return got.Code, got.Header().Get("Retry-After")
	}
	is := func(when string, scope serving.Scope, code int, after string) {
		t.Helper()
		if c, a := ask(scope); c != code || a != after {
			t.Errorf("%s, key for %s: %d, Retry-After %q; want %d, %q", when, scope, c, a, code, after)
		}
	}
	for range 3 {
		is("at once", serving.ScopeRead, 200, "")
	}
	is("at once", serving.ScopeRead, 429, "1")
	is("at once", serving.ScopeSubmit, 403, "") // counted, too
	is("at once", serving.ScopeSubmit, 429, "10")
	is("another", serving.ScopeAdmin, 403, "")
	clock = clock.Add(334 * time.Millisecond)
	is("after a third of a second", serving.ScopeRead, 200, "")
	is("after a third of a second", serving.ScopeRead, 429, "1")
	clock = clock.Add(8 * time.Second)
	is("after 8.3 s", serving.ScopeSubmit, 429, "2")
	for range 3 { // no more than a second's worth has come back
		is("after 8.3 s", serving.ScopeRead, 200, "")
	}
	is("after 8.3 s", serving.ScopeRead, 429, "1")
	if got := do(s, "GET", "/livez", "", "Authorization: Bearer "+secrets[serving.ScopeRead]); got.Code != 200 {
		t.Errorf("/livez is limited, too: %d", got.Code)
	}
}
