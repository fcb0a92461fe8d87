package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"

	"freshrank/serving"
)

// Server is the HTTP API; it is an [http.Handler].
type Server struct {
	o       Options
	reader  serving.Reader
	log     *slog.Logger
	mux     *chi.Mux
	api     huma.API
	metrics *metrics
	gate    gate
	ring    keyRing
	buckets buckets
	places  map[string]*places // by class
	conns   connections

	draining atomic.Bool
}

// New returns the API. It registers its metrics, so it can be called once for a
// registerer.
func New(o Options) *Server {
	o = o.withDefaults()
	s := &Server{o: o, reader: o.Reader, log: o.Logger, metrics: newMetrics(o.Registerer)}
	state := &health{read: o.Reader.Health, now: o.Now}
	o.Registerer.MustRegister(state)
	s.gate = gate{max: o.MaxLag, health: state}
	s.ring = keyRing{reader: o.Keys, now: o.Now, log: o.Logger}
	if o.Keys != nil {
		o.Registerer.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "freshrank_serving_keys_age_seconds", Help: "Time since the API keys were read that requests are checked against; -1 before that.",
		}, s.ring.age))
	}
	s.places = newPlaces(&o)
	s.conns.init(&o)

	s.mux = chi.NewMux()
	s.mux.Use(middleware.GetHead, s.lastAnswer, withRequestID, s.observe, s.recover)
	if len(o.CORSOrigins) > 0 {
		s.mux.Use(crossOrigin(o.CORSOrigins))
	}
	if o.RateLimit > 0 {
		s.mux.Use(rateLimit(o.RateLimit, o.RateWindow))
	}
	s.mux.Use(s.identify, sameSite, s.shed, deadline(o.Timeout, o.MaxBody), s.place)
	s.mux.NotFound(notFound)
	s.mux.MethodNotAllowed(s.wrongMethod)

	config := huma.Config{
		OpenAPI:                      document(o.Version.Version),
		Formats:                      map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true, // a misspelt filter must not answer for all
	}
	s.api = humachi.New(s.mux, config)
	s.routes()
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// OpenAPI returns the document that /openapi.json shows.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.api.OpenAPI() }

// Run serves the connections of ln, which it closes, until ctx is done. Then no
// connection is taken any more, each that is open is closed behind its next answer,
// or when it has been idle for drainIdle, and requests in flight have Options.Drain
// to end. So no request is lost that was sent on an open connection. It returns nil
// after a clean drain.
func (s *Server) Run(ctx context.Context, ln net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: s.o.HeaderTimeout,
		ReadTimeout:       s.o.ReadTimeout,
		WriteTimeout:      s.o.WriteTimeout,
		IdleTimeout:       s.o.IdleTimeout,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ConnState:         s.conns.changed,
	}
	if s.o.TLS != nil {
		ln = tls.NewListener(ln, s.o.TLS) // a handshake has as long as a request's header
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ln) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve http on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.Drain)
	defer cancel()
	s.draining.Store(true)
	err := ln.Close() // Serve returns; what it has accepted is served on
	if ended := <-served; !errors.Is(ended, net.ErrClosed) {
		err = errors.Join(err, ended)
	}
	s.conns.settle(drain, drainIdle)
	if ended := server.Shutdown(drain); ended != nil {
		err = errors.Join(err, fmt.Errorf("drain http requests within %s: %w", s.o.Drain, ended), server.Close())
	}
	return err
}

// drainIdle is how long a connection must have been idle to be closed at the end.
// Who keeps one busy sends the next request before, and learns from its answer that
// the connection ends.
const drainIdle = 200 * time.Millisecond

// lastAnswer makes every answer the last of its connection once the end has begun.
func (s *Server) lastAnswer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

func notFound(w http.ResponseWriter, r *http.Request) {
	newProblem(http.StatusNotFound, "no-such-route", "there is no "+printable(r.URL.Path), "see /docs for what there is").write(w, r)
}

// wrongMethod finds out which methods the path has: chi tells only its own handler.
func (s *Server) wrongMethod(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if r.URL.RawPath != "" {
		path = r.URL.RawPath
	}
	var allowed []string
	for _, m := range methods {
		as := m
		if m == http.MethodHead {
			as = http.MethodGet
		}
		if s.mux.Match(chi.NewRouteContext(), as, path) {
			allowed = append(allowed, m)
		}
	}
	if len(allowed) == 0 { // a method that exists nowhere, on a path that does not either
		notFound(w, r)
		return
	}
	list := strings.Join(allowed, ", ")
	newProblem(http.StatusMethodNotAllowed, "", printable(r.Method)+" is not possible here", "use "+list).with("Allow", list).write(w, r)
}

// route registers an operation whose handler's errors become problems.
func route[I, O any](s *Server, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	op.Errors = append(op.Errors, http.StatusUnprocessableEntity, http.StatusServiceUnavailable)
	if op.Method == http.MethodPost {
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
		// The middleware has read the body. A limit of huma's on reading it would be
		// one on the connection, and end the request while it waits for the log.
		op.MaxBodyBytes, op.BodyReadTimeout, op.SkipValidateBody = s.o.MaxBody+1, -1, true
	}
	var content map[string]*huma.MediaType
	if op.RequestBody != nil {
		content = maps.Clone(op.RequestBody.Content)
	}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
	if content != nil { // to huma a body that a handler reads itself is binary
		op.RequestBody.Content = content
	}
}
