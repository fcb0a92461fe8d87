package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/cors"
	"github.com/go-chi/httprate"
)

// withRequestID takes the client's X-Request-ID, if it is fit for a log, or
// makes one, and sends it back. Whatever may be cached says so itself.
func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-ID")
		if !plain(id) {
			var b [12]byte
			rand.Read(b[:]) // never fails
			id = hex.EncodeToString(b[:])
		}
		w.Header().Set("X-Request-ID", id)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey, id)))
	})
}

// plain reports whether s is 1 to 128 letters, digits and "._-".
func plain(s string) bool {
	return s != "" && len(s) <= 128 && strings.IndexFunc(s, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-", c))
	}) < 0
}

// recover turns a panic into a 500. If the answer has begun, or the client is
// gone (huma panics on a failed write), the connection is all that is left to cut.
func (s *Server) recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			err, _ := v.(error)
			var broken net.Error
			if errors.Is(err, http.ErrAbortHandler) || r.Context().Err() != nil || errors.As(err, &broken) {
				panic(http.ErrAbortHandler)
			}
			s.log.ErrorContext(r.Context(), "panic in handler", "panic", v, "request_id", requestID(r.Context()), "stack", string(debug.Stack()))
			if begun, ok := w.(middleware.WrapResponseWriter); ok && begun.Status() != 0 {
				panic(http.ErrAbortHandler)
			}
			newProblem(http.StatusInternalServerError, "", "something went wrong on our side", fixOurs).write(w, r)
		}()
		next.ServeHTTP(w, r)
	})
}

// crossOrigin answers browsers' preflights and marks what the origins may read.
func crossOrigin(origins []string) func(http.Handler) http.Handler {
	return cors.Handler(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: methods,
		AllowedHeaders: []string{"Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "X-Request-ID"},
		ExposedHeaders: []string{"ETag", "Location", "Retry-After", "WWW-Authenticate", "X-Request-ID"},
		MaxAge:         600,
	})
}

// rateLimit counts by the address of the connection: headers that name another
// one can be made up. What machines ask about the service itself is free.
func rateLimit(requests int, window time.Duration) func(http.Handler) http.Handler {
	limit := httprate.LimitBy(requests, window, func(r *http.Request) (string, error) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			host = r.RemoteAddr
		}
		return httprate.CanonicalizeIP(host), nil
	}, httprate.WithLimitHandler(func(w http.ResponseWriter, r *http.Request) {
		newProblem(http.StatusTooManyRequests, "", "too many requests from this address", "slow down, or ask for many pages at once by POST /v1/ranks/lookup").
			retry(window).write(w, r)
	}))
	return func(next http.Handler) http.Handler {
		limited := limit(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if slices.Contains(unlimited, r.URL.Path) {
				next.ServeHTTP(w, r)
			} else {
				limited.ServeHTTP(w, r)
			}
		})
	}
}

// sameSite refuses what another site's page makes a browser send: a browser asks
// nobody before it posts without a Content-Type. Programs say nothing about where
// they come from and pass, and so do the origins that CORS lets in.
func sameSite(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if w.Header().Get("Access-Control-Allow-Origin") == "" && protection.Check(r) != nil {
			newProblem(http.StatusForbidden, "cross-site", "a web page of another site must not do this", "do it from a program, or from a page of this origin").write(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// deadline reads the body whole, within the connection's time, and then gives
// the handler its own time for the answer. Only a POST has a body that is read.
func deadline(answer time.Duration, maxBody int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var body []byte
			if r.Method == http.MethodPost {
				var p *Problem
				if body, p = readBody(w, r, maxBody); p != nil {
					p.write(w, r)
					return
				}
			}
			ctx, cancel := context.WithTimeout(r.Context(), answer)
			defer cancel()
			r = r.WithContext(ctx)
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
		})
	}
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *Problem) {
	if r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil, newProblem(http.StatusUnsupportedMediaType, "", "Content-Encoding "+printable(enc)+" is not understood", "send the body uncompressed")
	}
	tooLarge := func() *Problem {
		return newProblem(http.StatusRequestEntityTooLarge, "", "the body is larger than "+size(limit), "send it in parts")
	}
	if r.ContentLength > limit {
		w.Header().Set("Connection", "close") // the rest of it is not worth reading
		return nil, tooLarge()
	}
	var into bytes.Buffer
	into.Grow(int(min(max(r.ContentLength, 0), 64<<10)) + bytes.MinRead) // what is announced may never come
	_, err := into.ReadFrom(http.MaxBytesReader(w, r.Body, limit))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, newProblem(http.StatusRequestTimeout, "", "the body took too long to arrive", "send it faster, or in parts")
	case err != nil:
		return nil, unreadable("the body ended before its end", "send it again")
	}
	return into.Bytes(), nil
}
