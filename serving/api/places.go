package api

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// places bound how many requests of a class are at work at a time; as many again,
// at least leastQueue, may wait for a place, and none waits longer than wait. What is
// more is refused at once: an answer that comes too late helps nobody, and while
// everybody waits a little longer, nobody is answered in time. A class has places of
// its own, so that no other can take them.
type places struct {
	class   string
	taken   chan struct{} // holds a token for each place that is taken
	waiting atomic.Int64
	queue   int64 // most that wait
	wait    time.Duration

	full, late prometheus.Counter
}

// The classes. What is in none, such as health and metrics, is always answered.
const (
	readClass   = "read"   // answers of one statement: ranks, lists, runs, status
	lookupClass = "lookup" // ranks of many pages
	submitClass = "submit" // events
)

// classOf returns the class of a request, "" for none.
func classOf(r *http.Request) string {
	switch path := r.URL.Path; {
	case len(path) < 4 || path[:4] != "/v1/":
		return ""
	case path == "/v1/events":
		return submitClass
	case path == "/v1/ranks/lookup":
		return lookupClass
	}
	return readClass
}

// leastQueue lets a few clients that ask at the same moment all be answered.
const leastQueue = 64

// enter takes a place; false says that there is none and will not be soon enough.
func (p *places) enter(ctx context.Context) bool {
	select {
	case p.taken <- struct{}{}:
		return true
	default:
	}
	if p.waiting.Add(1) > p.queue {
		p.waiting.Add(-1)
		p.full.Inc()
		return false
	}
	defer p.waiting.Add(-1)
	patience := time.NewTimer(p.wait)
	defer patience.Stop()
	select {
	case p.taken <- struct{}{}:
		return true
	case <-patience.C:
		p.late.Inc()
	case <-ctx.Done(): // the client is gone
	}
	return false
}

func (p *places) leave() { <-p.taken }

// crowded reports whether a request would be refused now.
func (p *places) crowded() bool { return p.waiting.Load() >= p.queue }

// newPlaces makes the classes of o and their metrics.
func newPlaces(o *Options) map[string]*places {
	shed := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "freshrank_http_requests_shed_total", Help: "Requests refused with 503 because too many of their class were at work; reason: full (so many waited already) or late (waited in vain).",
	}, []string{"class", "reason"})
	o.Registerer.MustRegister(shed)
	all := map[string]*places{}
	for class, most := range map[string]int{readClass: o.MaxReads, lookupClass: o.MaxLookups, submitClass: o.MaxSubmits} {
		p := &places{class: class, taken: make(chan struct{}, most), queue: int64(max(most, leastQueue)), wait: o.MaxWait, full: shed.WithLabelValues(class, "full"), late: shed.WithLabelValues(class, "late")}
		all[class] = p
		gauge := func(name, help string, value func() float64) {
			o.Registerer.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: prometheus.Labels{"class": class}}, value))
		}
		gauge("freshrank_http_requests_at_work", "Requests of the class that have a place.", func() float64 { return float64(len(p.taken)) })
		gauge("freshrank_http_requests_at_work_max", "Places of the class.", func() float64 { return float64(most) })
		gauge("freshrank_http_requests_waiting", "Requests of the class that wait for a place.", func() float64 { return float64(p.waiting.Load()) })
	}
	return all
}

// overloaded answers a request for which there is no place.
func overloaded(w http.ResponseWriter, r *http.Request, class string) {
	newProblem(http.StatusServiceUnavailable, "overloaded", "there are too many requests of the class "+class+" at the moment",
		"try again after a pause that grows from try to try").retry(time.Second).write(w, r)
}

// shed refuses a request while there is no room for it, before its body is read.
func (s *Server) shed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := s.places[classOf(r)]; p != nil && p.crowded() {
			p.full.Inc()
			// net/http answers when it has read the body; the connection outlives this
			// if that is there by then.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(shedBody))
			overloaded(w, r, p.class)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// shedBody is how long a refused request's body may take to arrive.
const shedBody = 50 * time.Millisecond

// place gives a request whose body has been read a place until its answer is
// written out: how long that takes is up to the client.
func (s *Server) place(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := s.places[classOf(r)]
		if p == nil {
			next.ServeHTTP(w, r)
			return
		}
		if !p.enter(r.Context()) {
			overloaded(w, r, p.class)
			return
		}
		held := &placed{ResponseWriter: w, places: p}
		defer held.leave()
		next.ServeHTTP(held, r)
	})
}

// placed gives the place up before the answer is sent.
type placed struct {
	http.ResponseWriter
	places *places // nil: given up
}

func (w *placed) leave() {
	if w.places != nil {
		w.places.leave()
		w.places = nil
	}
}

func (w *placed) Write(b []byte) (int, error) {
	w.leave()
	return w.ResponseWriter.Write(b)
}

func (w *placed) Unwrap() http.ResponseWriter { return w.ResponseWriter }
