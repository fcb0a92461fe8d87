package api_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"freshrank/serving"
	"freshrank/serving/api"
)

// FuzzLookup: a body is refused as a problem that says what to send, or is the list
// that any JSON parser reads.
func FuzzLookup(f *testing.F) {
	for _, media := range []string{"application/json", "application/json;charset=utf-8", "", "text/plain", "application/json; charset=latin1"} {
		for _, body := range []string{
			`{"urls":["https://a.example/"]}`, `{"urls":["a","\u0000","\ud800","\xff"]}`, `{"urls":[]}`, `{"urls":null}`, `{"urls":[7]}`, `{"URLs":["a"]}`, `{"urls":["a"],"urls":["b"]}`,
			`{"urls":[["a"]]}`, `{"urls":{"a":1}}`, `["a"]`, ``, `{`, `{"urls":["a"]}x`, strings.Repeat(`{"urls":`, 30) + strings.Repeat("}", 30), `{"urls":[` + strings.Repeat(`"",`, 1000) + `""]}`,
		} {
			f.Add(media, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, media string, body []byte) {
		urls, err := api.ParseLookup(media, body)
		if err != nil {
			var p *api.Problem
			if !errors.As(err, &p) || p.Status != 400 && p.Status != 415 && p.Status != 422 || p.Detail == "" || p.Fix == "" || len(p.Detail)+len(p.Fix) > 2000 {
				t.Errorf("error %#v", err)
			}
			return
		}
		var want struct {
			URLs []string `json:"urls"`
		}
		if err := json.Unmarshal(body, &want); err != nil || !slices.Equal(urls, want.URLs) || len(urls) < 1 || len(urls) > 1000 {
			t.Errorf("%q gives %q, and to others %q, %v", body, urls, want.URLs, err)
		}
	})
}

// FuzzAuthorization: no header but the one with the key opens anything, and what was
// sent is not repeated.
func FuzzAuthorization(f *testing.F) {
	key := "freshrank_" + strings.Repeat("Kk-_", 10) + "kkA"
	hash, ok := serving.HashSecret(key)
	if !ok {
		f.Fatal("no key")
	}
	w := newWorld()
	w.ring = serving.KeyRing{Ever: true, Keys: map[serving.KeyHash]serving.Key{hash: {ID: 1, Scopes: []serving.Scope{serving.ScopeRead}}}}
	w.options.Keys = w
	s := w.server()
	for _, header := range []string{
		"Bearer " + key, "bearer  " + key + " ", "Bearer " + key + "\n", "Bearer " + key[:52] + "\n", "Bearer " + key[:52], "Bearer " + key + "=", "Basic " + key, key, "", "Bearer", "Bearer\t" + key,
		"Bearer " + strings.ToUpper(key), "Bearer " + key + "," + key, "Bearer " + strings.ReplaceAll(key, "-", "+"), "Bearer freshrank_" + strings.Repeat("A", 43), strings.Repeat("x", 5000),
	} {
		f.Add(header, "")
		f.Add(header, header)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		r := httptest.NewRequest(http.MethodGet, "/v1/status", nil)
		r.Header["Authorization"] = []string{first}
		if second != "" {
			r.Header["Authorization"] = []string{first, second}
		}
		got := httptest.NewRecorder()
		s.ServeHTTP(got, r)
		scheme, secret, _ := strings.Cut(first, " ")
		right := second == "" && strings.EqualFold(scheme, "bearer") && strings.TrimSpace(secret) == key
		switch {
		case right && got.Code != http.StatusOK, !right && got.Code != http.StatusUnauthorized:
			t.Errorf("%q, %q: %d %s", first, second, got.Code, got.Body)
		case !right && (got.Header().Get("WWW-Authenticate") == "" || got.Header().Get("Content-Type") != "application/problem+json"):
			t.Errorf("%q, %q: %v", first, second, got.Header())
		case len(secret) > 30 && strings.Contains(got.Body.String(), secret):
			t.Errorf("%q is repeated: %s", first, got.Body)
		}
		if _, ok := serving.HashSecret(secret); ok && (len(secret) != len(key) || strings.ContainsAny(secret, "\r\n")) {
			t.Errorf("%q is taken for a secret", secret)
		}
	})
}
