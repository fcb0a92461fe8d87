package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"freshrank/pagerank/link"
	"freshrank/serving"
	"freshrank/serving/api"
)

// discard is a ResponseWriter that keeps nothing.
type discard struct {
	header http.Header
	bytes  int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(b []byte) (int, error) { d.bytes += len(b); return len(b), nil }

// known is a world that knows every page.
type known struct{ *world }

func (k known) Pages(_ ctx, keys []link.PageKey) (serving.Snapshot, []serving.Page, error) {
	pages := make([]serving.Page, len(keys))
	for i, key := range keys {
		pages[i] = serving.Page{Key: key, Status: serving.Ranked, Ranked: true, X: 1 + float64(key[0])/256, BaseX: 1}
	}
	return k.snapshot, pages, nil
}

// What an answer takes above the database: all but the connection.
func BenchmarkAnswer(b *testing.B) {
	w := newWorld()
	s := w.serverOver(known{w}, w)
	api.Crowd(s, "submit")
	urls := make([]string, 1000)
	for i := range urls {
		urls[i] = fmt.Sprintf("https://www.some-host-%d.example/a/path/to/page-%d.html", i%50, i)
	}
	body := `{"urls":["` + strings.Join(urls, `","`) + `"]}`
	for _, c := range []struct{ name, method, target, body string }{
		{"livez", "GET", "/livez", ""},
		{"rank", "GET", "/v1/ranks?url=https%3A%2F%2Fwww.some-host.example%2Fa%2Fpath%2Fto%2Fpage.html", ""},
		{"refused", "POST", "/v1/events", ""},
		{"lookup", "POST", "/v1/ranks/lookup", body},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			d := &discard{}
			for b.Loop() {
				r := httptest.NewRequest(c.method, c.target, nil)
				if c.body != "" {
					r.Body, r.ContentLength = io.NopCloser(strings.NewReader(c.body)), int64(len(c.body))
				}
				d.header = http.Header{}
				s.ServeHTTP(d, r)
			}
			b.ReportMetric(float64(d.bytes)/float64(b.N), "bytes/op")
		})
	}
}
