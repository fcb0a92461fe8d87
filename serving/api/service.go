package api

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"freshrank/serving"
)

// docsPage renders the OpenAPI document in the browser. It loads nothing else.
//
//go:embed docs.html
var docsPage []byte

type plainOutput[T any] struct {
	CacheControl string `header:"Cache-Control"`
	Body         T
}

// Live is what a living process says.
type Live struct {
	Status string `json:"status" enum:"live"`
}

// Ready is what a process that can answer says.
type Ready struct {
	Status string `json:"status" enum:"ready"`
	Stamp
}

func (s *Server) serviceRoutes(get func(path, id, tag, summary, description string) huma.Operation) {
	op := get("/livez", "getLive", serviceTag, "Is it alive?", "200 as long as the process can answer at all.")
	huma.Register(s.api, op, func(context.Context, *struct{}) (*plainOutput[Live], error) {
		return &plainOutput[Live]{"no-store", Live{"live"}}, nil
	})
	op = get("/readyz", "getReady", serviceTag, "Can it answer?", "200 if a rank could be given now; otherwise 503 and what is missing.")
	route(s, op, s.ready)
	op = get("/version", "getVersion", serviceTag, "Version", "What is running.")
	huma.Register(s.api, op, func(context.Context, *struct{}) (*plainOutput[Version], error) {
		return &plainOutput[Version]{"no-store", s.o.Version}, nil
	})

	s.handle(s.needs(serving.ScopeRead, get("/metrics", "getMetrics", serviceTag, "Metrics", "In the Prometheus text format.")), 200, "text/plain",
		promhttp.HandlerFor(s.o.Gatherer, promhttp.HandlerOpts{}))

	// The page's policy allows the two inline elements by their digests alone.
	policy := fmt.Sprintf("default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; script-src %s; style-src %s",
		inline("script"), inline("style"))
	s.handle(get("/docs", "getDocs", serviceTag, "This document for people", "Self-contained."), 200, "text/html",
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", policy)
			_, _ = w.Write(docsPage)
		}))
	s.handle(get("/", "getRoot", serviceTag, "Start", "Leads to /docs."), 302, "", http.RedirectHandler("/docs", http.StatusFound))

	// Registered last, as it is written down once for all.
	var text []byte
	s.handle(get("/openapi.json", "getOpenAPI", serviceTag, "This document for programs", "OpenAPI 3.1."), 200, "application/openapi+json",
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/openapi+json")
			_, _ = w.Write(text)
		}))
	text, _ = json.Marshal(s.api.OpenAPI()) // made of types that marshal; the test reads it
}

// handle registers an operation that an http.Handler answers, of the given
// media type.
func (s *Server) handle(op huma.Operation, status int, media string, h http.Handler) {
	response := &huma.Response{Description: http.StatusText(status)}
	if media != "" {
		response.Content = map[string]*huma.MediaType{media: {Schema: &huma.Schema{Type: huma.TypeString}}}
	}
	op.DefaultStatus = status
	op.Responses = map[string]*huma.Response{fmt.Sprint(status): response}
	huma.Register(s.api, op, func(context.Context, *struct{}) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			r, w := humachi.Unwrap(ctx)
			h.ServeHTTP(w, r)
		}}, nil
	})
}

// inline returns the digests of the page's inline elements of the given name,
// as a Content-Security-Policy wants them.
func inline(element string) string {
	m := regexp.MustCompile(`(?s)<` + element + `>(.*?)</` + element + `>`).FindSubmatch(docsPage)
	sum := sha256.Sum256(m[1])
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// ready goes by the state that was found within the last second: it asks for no key,
// and must not cost a query each time.
func (s *Server) ready(ctx context.Context, _ *struct{}) (*plainOutput[Ready], error) {
	now, err := s.gate.health.get(ctx)
	if err == nil && !now.Ready {
		err = serving.ErrNotReady
	}
	if err != nil {
		return nil, err
	}
	return &plainOutput[Ready]{"no-store", Ready{"ready", stamp(&now.Snapshot)}}, nil
}
