package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	events   *prometheus.CounterVec
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "freshrank_http_request_duration_seconds", Help: "Time from a request's header to the end of its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 15},
		}, []string{"method", "route", "code"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "freshrank_http_requests_in_flight", Help: "Requests that have not been answered yet.",
		}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "freshrank_http_events_total", Help: "Events submitted over HTTP, by what became of them.",
		}, []string{"result"}),
	}
	for _, result := range []string{"accepted", "rejected", "failed"} {
		m.events.WithLabelValues(result) // an alert needs the zero
	}
	r.MustRegister(m.seconds, m.inFlight, m.events)
	return m
}

// observe measures and logs every request. The route is the pattern, not the
// path, and an unknown method has no name of its own: labels must be few.
func (s *Server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		from := &caller{}
		r = r.WithContext(context.WithValue(r.Context(), callerKey, from))
		s.metrics.inFlight.Inc()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			s.metrics.inFlight.Dec()
			method, route := r.Method, chi.RouteContext(r.Context()).RoutePattern()
			if !slices.Contains(methods, method) {
				method = "other"
			}
			if route == "" { // it was answered before it came that far
				route = s.routeOf(r)
			}
			code := ww.Status()
			if code == 0 {
				code = http.StatusOK // nothing was written: net/http sends this
			}
			took := time.Since(begin)
			s.metrics.seconds.WithLabelValues(method, route, strconv.Itoa(code)).Observe(took.Seconds())
			s.log.LogAttrs(r.Context(), slog.LevelDebug, "request", slog.String("method", method), slog.String("route", route),
				slog.Int("code", code), slog.Int("bytes", ww.BytesWritten()), slog.Duration("took", took),
				slog.Int64("key", from.key), slog.String("request_id", w.Header().Get("X-Request-ID")))
		}()
		next.ServeHTTP(ww, r)
	})
}

// routeOf returns the pattern of the route that a request is for.
func (s *Server) routeOf(r *http.Request) string {
	path, method := r.URL.Path, r.Method
	if r.URL.RawPath != "" {
		path = r.URL.RawPath
	}
	if method == http.MethodHead {
		method = http.MethodGet
	}
	at := chi.NewRouteContext()
	if !s.mux.Match(at, method, path) {
		return "none"
	}
	return at.RoutePattern()
}

// size prints a number of bytes that is usually a round one.
func size(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
