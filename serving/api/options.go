package api

import (
	"cmp"
	"crypto/tls"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// Options for [New]. Reader, Submitter, Runs and Now are required; the zero
// value of any other field stands for its default.
type Options struct {
	Reader    serving.Reader
	Submitter serving.Submitter
	Runs      serving.Runs
	Now       func() time.Time // when an event was received

	// Keys are the API keys that a request must have one of; nil: everyone may do
	// everything.
	Keys serving.KeyReader
	// OpenUntilFirstKey lets everyone do everything as long as no key was ever made,
	// unless a proxy passes it on: for servers that only their own machine can reach.
	OpenUntilFirstKey bool
	// AllowHosts are the names under which requests without a key are answered,
	// besides addresses, localhost and, if Keys is nil, names without a dot; "*": any.
	AllowHosts []string

	Limits     link.Limits           // of events and URLs; link.DefaultLimits()
	Logger     *slog.Logger          // discards
	Registerer prometheus.Registerer // of the API's own metrics; none
	Gatherer   prometheus.Gatherer   // what /metrics shows; nothing
	Version    Version

	MaxBody int64         // bytes of a request's body; 8 MiB
	Timeout time.Duration // for an answer once the body has been read; 15 s
	Drain   time.Duration // for requests in flight at the end; 10 s

	// How many requests may be at work at a time, by class: reads of one statement
	// (64), lookups of many pages (4), submissions (128); and how long one waits for a
	// place before it gets 503 (1 s).
	MaxReads, MaxLookups, MaxSubmits int
	MaxWait                          time.Duration
	// MaxConnections is how many connections may be open (4096). One more takes the
	// place of the one that has been idle for longest, or is refused with 503.
	MaxConnections int

	// MaxLag is how far, in time, the answers may trail the log before events
	// are refused with 503. 0: they never are.
	MaxLag time.Duration
	// RateLimit is how many requests a client address may make in RateWindow (1 s)
	// before it gets 429. 0: any number. Behind a proxy all clients are one.
	RateLimit  int
	RateWindow time.Duration
	// KeyRateLimit is how many requests a second a key may make that has no rate of
	// its own, a second's worth at once. 0: any number.
	KeyRateLimit float64
	// CORSOrigins are the web origins whose scripts may call the API, such as
	// "https://example.com"; none.
	CORSOrigins []string

	// TLS is how connections are secured; nil: they are not.
	TLS *tls.Config

	// How long a connection may take: for the request's header (5 s), for the
	// whole request (60 s), from its header to the end of the answer (90 s: a slow
	// body's time and the answer's), between requests (120 s).
	HeaderTimeout, ReadTimeout, WriteTimeout, IdleTimeout time.Duration
}

// Version is what /version says.
type Version struct {
	Version string `json:"version" example:"0.1.0"`
	Commit  string `json:"commit,omitempty"`
	Built   string `json:"built,omitempty"`
	Go      string `json:"go,omitempty" example:"go1.26.8"`
}

func (o Options) withDefaults() Options {
	if o.Limits == (link.Limits{}) {
		o.Limits = link.DefaultLimits()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	if o.Gatherer == nil {
		o.Gatherer = prometheus.NewRegistry()
	}
	if o.Version.Version == "" {
		o.Version.Version = "dev"
	}
	o.MaxBody = cmp.Or(o.MaxBody, 8<<20)
	o.MaxReads, o.MaxLookups, o.MaxSubmits = cmp.Or(o.MaxReads, 64), cmp.Or(o.MaxLookups, 4), cmp.Or(o.MaxSubmits, 128)
	o.MaxConnections = cmp.Or(o.MaxConnections, 4096)
	for _, d := range []struct {
		at    *time.Duration
		usual time.Duration
	}{
		{&o.Timeout, 15 * time.Second}, {&o.Drain, 10 * time.Second}, {&o.RateWindow, time.Second},
		{&o.HeaderTimeout, 5 * time.Second}, {&o.ReadTimeout, 60 * time.Second},
		{&o.WriteTimeout, 90 * time.Second}, {&o.IdleTimeout, 120 * time.Second}, {&o.MaxWait, time.Second},
	} {
		if *d.at == 0 {
			*d.at = d.usual
		}
	}
	return o
}

// methods are those that some route takes; HEAD goes where GET does.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete}
