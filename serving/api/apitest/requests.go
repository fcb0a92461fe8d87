package apitest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Requests makes up requests: right ones, nearly right ones and absurd ones.
type Requests struct {
	random *rand.Rand
	ops    []*operation
	fits   map[string][]string
	made   int
	asked  map[string]*tally
}

// Request is one of them. Header may hold what no client of net/http sends.
type Request struct {
	Number int
	Method string
	Target string // path and query
	Header http.Header
	Body   string

	op   *operation
	path bool // the path is that of op
}

func (r Request) String() string {
	return fmt.Sprintf("request %d: %s %.300q %.500q %.300q", r.Number, r.Method, r.Target, r.Header, r.Body)
}

// New returns a generator for the operations of a document. fits are values that make
// sense, by the name of the parameter; under "" stand bodies.
func New(document []byte, seed uint64, fits map[string][]string) (*Requests, error) {
	ops, err := operationsOf(document)
	return &Requests{random: rand.New(rand.NewPCG(seed, 1)), ops: ops, fits: fits, asked: map[string]*tally{}}, err
}

// Fit gives a parameter other values that make sense.
func (g *Requests) Fit(name string, values ...string) { g.fits[name] = values }

// Next makes up the next request.
func (g *Requests) Next() Request {
	g.made++
	r := Request{Number: g.made, op: pick(g, g.ops), Header: http.Header{}}
	r.Method = r.op.method
	if g.chance(8) {
		r.Method = pick(g, []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"})
	}
	absurd := 2 + g.random.IntN(20) // one in so many of this request's values is
	path, query := r.op.path, url.Values{}
	r.path = true
	for _, p := range r.op.Parameters {
		value := g.value(p.Name, absurd)
		if value == "" {
			value = fmt.Sprint(g.typical(p.Schema.Type, p.Schema.Minimum, p.Schema.Maximum, append(p.Schema.Enum, p.Example, p.Schema.Default)))
		}
		switch p.In {
		case "path":
			r.path = r.path && value != ""
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(value))
		case "query":
			if !g.chance(3) {
				query.Add(p.Name, value)
			}
		case "header":
			if g.chance(2) {
				r.Header.Set(p.Name, value)
			}
		}
	}
	if g.chance(absurd) {
		query.Add(pick(g, []string{"url", "limit", "cursor", "host", "q", "", "\x00", "a[b]"}), g.odd())
	}
	r.Target = path
	if g.chance(60) {
		r.Target, r.path = "/"+url.PathEscape(g.odd()), false
	}
	if len(query) > 0 {
		r.Target += "?" + query.Encode()
	}
	if g.chance(absurd) {
		r.path = r.path && strings.Contains(r.Target, "?") // else some of these change the path
		r.Target += pick(g, []string{"?", "&", "&=", "&%", ";", "?url=%ff&url", "?%00", "?" + strings.Repeat("a&", 300)})
	}
	g.fill(&r, absurd)
	return r
}

// fill gives a request its headers and its body.
func (g *Requests) fill(r *Request, absurd int) {
	if media := r.op.media(); len(media) > 0 || g.chance(10) {
		content := pick(g, append(media, "application/json", "text/plain"))
		if len(media) > 0 && !g.chance(absurd) {
			content = pick(g, media)
		}
		r.Body = g.body(r.op, content, absurd)
		if g.chance(absurd) {
			content += pick(g, []string{"; charset=utf-8", "; charset=latin1", ";", "; a=\x00", ", text/html"})
		}
		if !g.chance(20) {
			r.Header.Set("Content-Type", content)
		}
	}
	for g.chance(absurd) {
		name := pick(g, []string{"Accept", "Accept-Encoding", "Authorization", "Content-Encoding", "Content-Type", "Cookie", "Forwarded", "Host", "Idempotency-Key",
			"If-Match", "If-Modified-Since", "If-None-Match", "Origin", "Range", "Sec-Fetch-Site", "Upgrade", "X-Forwarded-For", "X-HTTP-Method-Override", "X-Request-ID"})
		r.Header.Set(name, pick(g, []string{g.odd(), "gzip", "cross-site", "bytes=0-1", "*", `W/"g1.v1.s1"`, "https://evil.example", "Bearer " + g.odd()}))
	}
}

// body makes up a body for an operation.
func (g *Requests) body(op *operation, content string, absurd int) string {
	var examples []string
	add := func(v any) {
		if text, err := json.Marshal(v); err == nil && v != nil {
			examples = append(examples, string(text))
		}
	}
	c := op.RequestBody.Content[content]
	add(c.Example)
	for _, name := range sortedKeys(c.Examples) {
		add(c.Examples[name].Value)
	}
	examples = append(examples, g.fits[""]...)
	if len(examples) == 0 || g.chance(absurd*2) {
		return g.nonsense()
	}
	text := pick(g, examples)
	for g.chance(absurd) {
		text = g.spoil(text)
	}
	return text
}

// pick returns one of them, each as likely as any other.
func pick[T any](g *Requests, of []T) T { return of[g.random.IntN(len(of))] }

// chance is true once in so many times.
func (g *Requests) chance(in int) bool { return g.random.IntN(in) == 0 }

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
