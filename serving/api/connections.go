package api

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// connections bound how many are open: strangers can open as many as they like. One
// that is too many takes the place of the one that has been idle for longest; where
// all are at work it is refused. Each of those ends by its own times (Options).
type connections struct {
	max     int
	refused prometheus.Counter
	evicted prometheus.Counter

	mu   sync.Mutex
	open map[net.Conn]time.Time // since when nothing of a request has come; zero: it is at work
}

func (c *connections) init(o *Options) {
	c.max, c.open = o.MaxConnections, map[net.Conn]time.Time{}
	ended := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "freshrank_http_connections_shed_total", Help: "Connections ended because too many were open: refused at once, or evicted while idle.",
	}, []string{"reason"})
	c.refused, c.evicted = ended.WithLabelValues("refused"), ended.WithLabelValues("evicted")
	o.Registerer.MustRegister(ended, prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "freshrank_http_connections", Help: "Open connections.",
	}, func() float64 {
		c.mu.Lock()
		defer c.mu.Unlock()
		return float64(len(c.open))
	}))
}

// changed is the server's ConnState.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		if len(c.open) >= c.max && !c.evict() {
			c.refused.Inc()
			refuse(conn)
			return
		}
		c.open[conn] = time.Now()
	case http.StateActive:
		if _, ok := c.open[conn]; ok {
			c.open[conn] = time.Time{}
		}
	case http.StateIdle:
		if _, ok := c.open[conn]; ok {
			c.open[conn] = time.Now()
		}
	case http.StateClosed, http.StateHijacked:
		delete(c.open, conn)
	}
}

// evict closes the connection that has been idle for longest; false if none is idle.
func (c *connections) evict() bool {
	var oldest net.Conn
	var since time.Time
	for conn, idle := range c.open {
		if !idle.IsZero() && (oldest == nil || idle.Before(since)) {
			oldest, since = conn, idle
		}
	}
	if oldest == nil {
		return false
	}
	c.evicted.Inc()
	delete(c.open, oldest)
	_ = oldest.Close()
	return true
}

// refuse says why, if that can be said at once, and closes.
func refuse(conn net.Conn) {
	if _, secure := conn.(*tls.Conn); !secure { // that would be a handshake
		const body = `{"type":"urn:freshrank:problem:overloaded","title":"Service Unavailable","status":503,"detail":"there are too many connections at the moment","fix":"try again after a pause that grows from try to try"}` + "\n"
		_ = conn.SetWriteDeadline(time.Now().Add(time.Millisecond))
		_, _ = io.WriteString(conn, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nCache-Control: no-store\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: "+
			strconv.Itoa(len(body))+"\r\n\r\n"+body)
	}
	_ = conn.Close()
}

// settle waits until every connection has been idle for so long, or ctx is done, and
// closes those that are idle.
func (c *connections) settle(ctx context.Context, idle time.Duration) {
	for c.busy(idle) && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(idle / 20):
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn, since := range c.open {
		if !since.IsZero() {
			_ = conn.Close()
		}
	}
}

// busy reports whether a connection is at work or was within the time.
func (c *connections) busy(within time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, since := range c.open {
		if since.IsZero() || time.Since(since) < within {
			return true
		}
	}
	return false
}
