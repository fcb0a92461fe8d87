package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"freshrank/serving"
)

// caller is who a request comes from. Until [Server.identify] has said so it may
// do nothing.
type caller struct {
	key    int64 // 0: none
	scopes []serving.Scope
}

// callerOf returns the caller of the request that ctx belongs to; never nil.
func callerOf(ctx context.Context) *caller {
	if c, ok := ctx.Value(callerKey).(*caller); ok {
		return c
	}
	return &caller{}
}

// unlimited are the paths that no rate of an address is for: orchestrators and
// Prometheus ask for them.
var unlimited = []string{"/livez", "/readyz", "/metrics"}

// open are the paths that ask for no key: what an orchestrator and a newcomer
// need, and nothing of what is stored.
var open = []string{"/", "/docs", "/livez", "/openapi.json", "/readyz", "/version"}

// identify finds out who sends a request, before anything of its body is read.
// Who may nothing at all is refused here; whether a key is good for a route, is
// decided at the route, by [Server.needs].
func (s *Server) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(open, r.URL.Path) {
			if p := s.recognise(r, callerOf(r.Context())); p != nil {
				p.write(w, r)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// recognise fills in the caller, or says why there is none.
func (s *Server) recognise(r *http.Request, c *caller) *Problem {
	if s.o.Keys == nil {
		return s.keyless(r, c)
	}
	ring, err := s.ring.get(r.Context())
	if err != nil {
		return s.problem(r.Context(), err)
	}
	if s.o.OpenUntilFirstKey && !ring.Ever {
		for _, name := range proxied {
			if r.Header.Get(name) != "" {
				return newProblem(http.StatusForbidden, "proxied", "without API keys nothing is answered that a proxy passes on (there is a header "+name+")",
					"make a key with `freshrank keys create`, or let everyone do everything with --allow-anonymous")
			}
		}
		return s.keyless(r, c)
	}
	const fix = "send `Authorization: Bearer KEY` with a key that is valid; whoever runs this makes one with `freshrank keys create`"
	given := r.Header.Values("Authorization")
	if len(given) == 0 {
		return newProblem(http.StatusUnauthorized, "no-key", "this needs an API key", fix).with("WWW-Authenticate", challenge)
	}
	scheme, secret, _ := strings.Cut(given[0], " ")
	hash, ok := serving.HashSecret(strings.TrimSpace(secret))
	key, known := ring.Keys[hash]
	if len(given) > 1 || !ok || !known || !strings.EqualFold(scheme, "Bearer") {
		// What was sent is not repeated, here or in a log: it may be almost right.
		return newProblem(http.StatusUnauthorized, "invalid-key", "the API key is not one that is valid", fix).
			with("WWW-Authenticate", challenge+`, error="invalid_token"`)
	}
	c.key = key.ID
	if rate := cmp.Or(key.Rate, s.o.KeyRateLimit); rate > 0 {
		if wait := s.buckets.take(key.ID, rate, s.o.Now()); wait > 0 {
			return newProblem(http.StatusTooManyRequests, "key-rate", fmt.Sprintf("too many requests with this key: it may make %g a second", rate),
				"slow down, or ask for many pages at once by POST /v1/ranks/lookup").retry(wait + time.Second - 1)
		}
	}
	c.scopes = key.Scopes
	return nil
}

// proxied are headers by which a proxy tells of itself: behind one, that only this
// machine reaches an address means nothing.
var proxied = []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"}

// keyless lets a request without a key do everything, if it asks for a name of ours.
func (s *Server) keyless(r *http.Request, c *caller) *Problem {
	if !ownName(r.Host, s.o.AllowHosts, s.o.Keys == nil) {
		return newProblem(http.StatusForbidden, "foreign-host", "without API keys nothing is answered under the name "+printable(r.Host),
			"use an address or localhost, make a key with `freshrank keys create`, or name the host with --allow-hosts")
	}
	c.scopes = serving.Scopes
	return nil
}

// ownName reports whether a Host header is an address, localhost, one of those allowed
// or, if short ones are, a name without a dot, as services in a cluster have. A web page
// can have its own name lead to this machine (DNS rebinding), so that a browser takes
// us for that page's server; these it cannot.
func ownName(host string, allowed []string, short bool) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"))
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || short && !strings.Contains(host, ".") || net.ParseIP(host) != nil ||
		slices.ContainsFunc(allowed, func(name string) bool { return name == "*" || strings.EqualFold(name, host) })
}

// challenge says how to identify oneself (RFC 6750).
const challenge = `Bearer realm="freshrank"`

// securityScheme is what the document calls it.
const securityScheme = "key"

// needs makes an operation one that only keys with the scope are good for.
func (s *Server) needs(scope serving.Scope, op huma.Operation) huma.Operation {
	op.Security = []map[string][]string{{securityScheme: {string(scope)}}}
	op.Description += " Needs a key with the scope `" + string(scope) + "`."
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusServiceUnavailable)
	op.Middlewares = append(op.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		if !slices.Contains(callerOf(ctx.Context()).scopes, scope) {
			r, w := humachi.Unwrap(ctx)
			newProblem(http.StatusForbidden, "wrong-scope", "the API key is not good for this: it lacks the scope "+string(scope), "use a key with that scope").
				with("WWW-Authenticate", challenge+`, error="insufficient_scope", scope="`+string(scope)+`"`).write(w, r)
			return
		}
		next(ctx)
	})
	return op
}

// keyRing holds the keys in memory, so that neither a request nor a flood of
// made-up keys costs a query. It is read when a request comes and what is known
// is older than ringFresh: a revoked key ends within that time and one query.
type keyRing struct {
	reader serving.KeyReader
	now    func() time.Time
	log    *slog.Logger

	mu    sync.Mutex
	ring  serving.KeyRing
	read  time.Time // when ring was read
	tried time.Time // when that was last tried; zero: never
	err   error     // why there is no ring to go by

	failed bool // the last try did
}

const (
	// ringFresh is how long keys are believed without a look.
	ringFresh = 2 * time.Second
	// ringStale is how long they, or that there are none, are believed while the
	// database does not answer, so that events get into the log without it.
	ringStale = 5 * time.Minute
	// ringWait is how long a look may take.
	ringWait = time.Second
)

func (k *keyRing) get(ctx context.Context) (serving.KeyRing, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if !k.tried.IsZero() && now.Sub(k.tried) < ringFresh {
		return k.ring, k.err
	}
	// The answer is for others, too: it does not depend on this client's patience.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ringWait)
	defer cancel()
	k.tried = now
	ring, err := k.reader.Keys(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %w", serving.ErrUnavailable, err)
	}
	if failed := err != nil; failed != k.failed {
		k.failed = failed
		if failed {
			k.log.WarnContext(ctx, "keys cannot be read: those that were known hold for a while", "error", err, "for", ringStale)
		} else {
			k.log.InfoContext(ctx, "keys can be read again")
		}
	}
	switch {
	case err == nil:
		k.ring, k.read, k.err = ring, now, nil
	case k.read.IsZero() || now.Sub(k.read) > ringStale:
		k.err = err
	}
	return k.ring, k.err
}

// age is a gauge: the seconds since the keys were read that requests are checked
// against. It is −1 until they were.
func (k *keyRing) age() float64 {
	_, _ = k.get(context.Background())
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.read.IsZero() {
		return -1
	}
	return k.now().Sub(k.read).Seconds()
}
