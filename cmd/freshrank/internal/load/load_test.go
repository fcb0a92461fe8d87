package load

import (
	"bufio"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve answers the i-th request of each connection with what answer returns; "" cuts.
func serve(t *testing.T, answer func(i int) string) (addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-ended })
	go func() {
		defer close(ended)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			in := bufio.NewReader(c)
			for i := 0; ; i++ {
				line, err := in.ReadString('\n')
				if err != nil || line == "\r\n" {
					break
				}
				for line != "\r\n" && err == nil {
					line, err = in.ReadString('\n')
				}
				text := answer(i)
				if _, err := c.Write([]byte(text)); err != nil || text == "" {
					break
				}
			}
			c.Close()
		}
	}()
	return ln.Addr().String()
}

const (
	ask = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	ok  = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
)

// TestConn: answers of every form are cut out of the stream, right up to the next.
func TestConn(t *testing.T) {
	answers := []string{
		ok,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n",
		"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Type: application/problem+json\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlast",
	}
	for _, want := range []bool{true, false} {
		c := conn{addr: serve(t, func(i int) string { return answers[i] })}
		for i, body := range []string{"ok", "abc0123456789abcdef", "", "last", "ok"} { // the last on a new connection
			a, err := c.do([]byte(ask), time.Minute, want)
			if !want {
				body = ""
			}
			if err != nil || string(a.body) != body || (a.status == 503) != (i == 2) || a.retryAfter != (i == 2) || a.problem != (i == 2) {
				t.Errorf("answer %d: %+v %q, %v", i, a, a.body, err)
			}
			if open := c.net != nil; open != (i != 3) {
				t.Errorf("answer %d: the connection is open: %v", i, open)
			}
		}
		c.close()
	}
}

// TestOpenLoop: while the server stalls for 300 ms, requests go on being due, and
// their latencies show it; a closed loop sees one slow answer.
func TestOpenLoop(t *testing.T) {
	stall := func(i int) string {
		if i == 0 {
			time.Sleep(300 * time.Millisecond)
		}
		return ok
	}
	o := Options{Request: func(int) []byte { return []byte(ask) }, Connections: 1, Duration: 500 * time.Millisecond, Patience: time.Minute}
	o.Addr, o.Rate = serve(t, stall), 100
	if r := Run(t.Context(), o); !r.Good() || r.Status[200] != 50 || r.Latency.P50 < 20 || r.Latency.Max < 300 {
		t.Errorf("open: %+v, latency %+v", r, r.Latency)
	}
	o.Addr, o.Rate = serve(t, stall), 0
	if r := Run(t.Context(), o); !r.Good() || r.Latency.Max < 300 || r.Latency.P50 > r.Latency.Max/2 {
		t.Errorf("closed: %+v, latency %+v", r, r.Latency)
	}
}

// TestResult: wrong answers and lost requests are counted, and new connections that
// carried nothing are not among the lost.
func TestResult(t *testing.T) {
	o := Options{
		Request: func(int) []byte { return []byte(ask) }, Connections: 1, Duration: 100 * time.Millisecond, Patience: time.Minute,
		CheckEvery: 1, Check: func(int, []byte) error { return errors.New("not so") },
	}
	o.Addr = serve(t, func(i int) string { return []string{ok, ""}[i] })
	if r := Run(t.Context(), o); r.Wrong == 0 || r.Wrong != r.Checked || r.Wrong != r.Status[200] || r.Lost() == 0 || r.Good() {
		t.Errorf("%+v", r)
	}
	o.Addr = serve(t, func(int) string { return "" })
	if r := Run(t.Context(), o); len(r.Errors) == 0 || r.Lost() != 0 || r.Good() || !strings.HasPrefix(brief(&net.OpError{Op: "dial", Err: errors.New("x")}), "dial") {
		t.Errorf("%+v", r)
	}
}
