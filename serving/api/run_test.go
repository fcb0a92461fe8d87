package api_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"freshrank/pagerank/link"
	"freshrank/serving"
	"freshrank/serving/api"
)

// held is a world whose rank answers wait until they are let go.
type held struct {
	*world
	entered chan struct{}
	release chan struct{}
}

func (h held) Pages(ctx ctx, keys []link.PageKey) (serving.Snapshot, []serving.Page, error) {
	h.entered <- struct{}{}
	select {
	case <-h.release:
		return h.world.Pages(ctx, keys)
	case <-ctx.Done():
		return serving.Snapshot{}, nil, ctx.Err()
	}
}

// start serves h on a port of its own; stop ends it and returns what Run does.
func start(t *testing.T, w *world, reader serving.Reader) (addr string, stop func() error) {
	t.Helper()
	return run(t, w.serverOver(reader, w))
}

func run(t *testing.T, s *api.Server) (addr string, stop func() error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, ln) }()
	return ln.Addr().String(), func() error {
		cancel()
		return <-ended
	}
}

// client has no connections left when t ends.
func client(t *testing.T) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// TestDrain: a request in flight at the end is answered, a new one finds nobody.
func TestDrain(t *testing.T) {
	h := held{newWorld(), make(chan struct{}), make(chan struct{})}
	addr, stop := start(t, h.world, h)
	c := client(t)
	answered := make(chan error, 1)
	go func() {
		res, err := c.Get("http://" + addr + "/v1/ranks?url=" + home)
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
			err = errors.Join(err, res.Body.Close())
			if res.StatusCode != 200 {
				err = errors.Join(err, fmt.Errorf("status %d", res.StatusCode))
			}
		}
		answered <- err
	}()
	<-h.entered
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	for { // until the listener is closed
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			break
		}
		conn.Close()
	}
	close(h.release)
	if err := <-answered; err != nil {
		t.Errorf("request in flight: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Run: %v", err)
	}
}

// TestDrainEnds: a request that does not end holds nobody up for ever.
func TestDrainEnds(t *testing.T) {
	h := held{newWorld(), make(chan struct{}), nil}
	h.options.Drain = 50 * time.Millisecond
	h.options.Timeout = time.Minute
	addr, stop := start(t, h.world, h)
	c := client(t)
	gone := make(chan error, 1)
	go func() {
		res, err := c.Get("http://" + addr + "/v1/ranks?url=" + home)
		if err == nil {
			res.Body.Close()
		}
		gone <- err
	}()
	<-h.entered
	if err := stop(); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run: %v, want %v", err, context.DeadlineExceeded)
	}
	if err := <-gone; err == nil {
		t.Error("the request was answered")
	}
}

// TestTimeout: an answer that takes too long becomes a 503.
func TestTimeout(t *testing.T) {
	h := held{newWorld(), make(chan struct{}, 1), nil}
	h.options.Timeout = 20 * time.Millisecond
	got := do(h.serverOver(h, h), "GET", "/v1/ranks?url="+home, "")
	if got.Code != 503 || got.Header().Get("Retry-After") == "" || !strings.Contains(got.Body.String(), "problem:timeout") {
		t.Errorf("%d %v %s", got.Code, got.Header(), got.Body)
	}
}

// TestSlowClients: connections that send their header, or their body, at a
// trickle are cut, the latter with an answer.
func TestSlowClients(t *testing.T) {
	w := newWorld()
	w.options.HeaderTimeout, w.options.ReadTimeout = time.Second, 1500*time.Millisecond
	addr, stop := start(t, w, w)
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	for name, test := range map[string]struct{ sent, want string }{
		"header":          {"GET /livez HTTP/1.1\r\nHost: x\r\nX-A", ""},
		"body":            {"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", "408 Request Timeout"},
		"chunked, broken": {"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n", "400 Bad Request"},
		"too large":       {"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n{", "413 Request Entity Too Large"},
	} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, test.sent); err != nil {
			t.Error(err)
		}
		answer, _ := io.ReadAll(bufio.NewReader(conn)) // ends when the server cuts
		if strings.Contains(string(answer), "200 OK") || !strings.Contains(string(answer), test.want) {
			t.Errorf("%s: %q, want %q", name, answer, test.want)
		}
		conn.Close()
	}
}

// TestStuckConnections: who does not read what was asked for, and who asks for nothing,
// is cut.
func TestStuckConnections(t *testing.T) {
	w := newWorld()
	w.options.WriteTimeout, w.options.IdleTimeout, w.options.HeaderTimeout = 200*time.Millisecond, 200*time.Millisecond, 200*time.Millisecond
	addr, stop := start(t, w, w)
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	for name, talk := range map[string]func(net.Conn) error{
		"silent": func(c net.Conn) error { return nil },
		"idle": func(c net.Conn) error {
			_, err := io.WriteString(c, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
			return err
		},
		"does not read": func(c net.Conn) error {
			for { // until what lies between is full, and then until the other end is gone
				if _, err := io.WriteString(c, strings.Repeat("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n", 100)); err != nil {
					return nil
				}
			}
		},
	} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		if err := talk(conn); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: not cut", name)
		}
		conn.Close()
	}
}

// TestDrainUnderLoad: clients that ask without pause until they are told that the
// connection ends all get their answers.
func TestDrainUnderLoad(t *testing.T) {
	w := newWorld()
	addr, stop := start(t, w, w)
	var clients sync.WaitGroup
	var answers atomic.Int64
	for range 32 {
		clients.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			for in := bufio.NewReader(conn); ; {
				_, err := io.WriteString(conn, "GET "+rankOfHome+" HTTP/1.1\r\nHost: x\r\n\r\n")
				if err == nil {
					var res reply
					if res, err = answerOf(in); err == nil {
						if answers.Add(1); res.last {
							return
						}
					}
				}
				if err != nil {
					t.Errorf("lost: %v", err)
					return
				}
			}
		})
	}
	for answers.Load() < 1000 {
		time.Sleep(time.Millisecond)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	clients.Wait()
}

func TestRateLimit(t *testing.T) {
	w := newWorld()
	w.options.RateLimit, w.options.RateWindow = 3, time.Minute
	s := w.server()
	codes := ""
	for range 5 {
		got := do(s, "GET", "/v1/status", "")
		codes += fmt.Sprint(got.Code, " ")
		if got.Code == 429 && (got.Header().Get("Retry-After") != "60" || got.Header().Get("Content-Type") != "application/problem+json") {
			t.Errorf("%v %s", got.Header(), got.Body)
		}
	}
	if codes != "200 200 200 429 429 " {
		t.Errorf("answers %s", codes)
	}
	if got := do(s, "GET", "/livez", ""); got.Code != 200 {
		t.Errorf("/livez is limited, too: %d", got.Code)
	}
}

func TestCORS(t *testing.T) {
	preflight := []string{"Origin: https://ui.example", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type"}
	w := newWorld()
	if got := do(w.server(), "OPTIONS", "/v1/events", "", preflight...); got.Code != 405 || got.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("off: %d %v", got.Code, got.Header())
	}
	w.options.CORSOrigins = []string{"https://ui.example"}
	if got := do(w.server(), "OPTIONS", "/v1/events", "", preflight...); got.Code != 200 || got.Header().Get("Access-Control-Allow-Origin") != "https://ui.example" {
		t.Errorf("on: %d %v", got.Code, got.Header())
	}
	if got := do(w.server(), "GET", "/v1/status", "", "Origin: https://evil.example"); got.Code != 200 || got.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("another origin: %d %v", got.Code, got.Header())
	}
}

func TestRequestID(t *testing.T) {
	s := newWorld().server()
	if got := do(s, "GET", "/livez", "", "X-Request-ID: abc-1"); got.Header().Get("X-Request-ID") != "abc-1" {
		t.Errorf("given: %q", got.Header().Get("X-Request-ID"))
	}
	one, two := do(s, "GET", "/livez", "", "X-Request-ID: a b\tc").Header().Get("X-Request-ID"), do(s, "GET", "/livez", "").Header().Get("X-Request-ID")
	if len(one) != 24 || len(two) != 24 || one == two {
		t.Errorf("made: %q, %q", one, two)
	}
}

// TestMetricsWithoutAnswers: what is not known is not there, rather than 0.
func TestMetricsWithoutAnswers(t *testing.T) {
	for name, change := range map[string]func(*world){
		"no generation": func(w *world) { w.health = serving.Health{} },
		"no database":   func(w *world) { w.err = serving.ErrUnavailable },
	} {
		w := newWorld()
		change(w)
		got := do(w.server(), "GET", "/metrics", "").Body.String()
		if !strings.Contains(got, "\nfreshrank_serving_ready 0\n") || strings.Contains(got, "freshrank_serving_lag_seconds ") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
	w := newWorld()
	w.health.Speed = nil
	got := do(w.server(), "GET", "/metrics", "").Body.String()
	if !strings.Contains(got, "\nfreshrank_serving_lag_seconds 1.5\n") || strings.Contains(got, "freshrank_serving_view_used ") {
		t.Errorf("no view:\n%s", got)
	}
}

func TestMetrics(t *testing.T) {
	s := newWorld().server()
	do(s, "POST", "/v1/events", "["+good+","+wrong+"]", batchType)
	do(s, "BREW", "/x", "")
	do(s, "GET", "/v1/batch/runs/"+runID, "")
	got := do(s, "GET", "/metrics", "").Body.String()
	for _, line := range []string{
		`freshrank_http_events_total{result="accepted"} 1`,
		`freshrank_http_events_total{result="rejected"} 1`,
		`freshrank_http_request_duration_seconds_count{code="202",method="POST",route="/v1/events"} 1`,
		`freshrank_http_request_duration_seconds_count{code="404",method="other",route="none"} 1`,
		`freshrank_http_request_duration_seconds_count{code="200",method="GET",route="/v1/batch/runs/{id}"} 1`,
		`freshrank_http_requests_in_flight 1`,
		`freshrank_serving_ready 1`,
		`freshrank_serving_lag_seconds 1.5`,
		`freshrank_serving_view_used 1`,
	} {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("/metrics lacks %s:\n%s", line, got)
		}
	}
}
