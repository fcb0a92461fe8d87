package chaos

import (
	"bytes"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxy stands in a connection between a process and Postgres or the log, and breaks it
// when it is told to. Clients connect to addr over TCP; the target is a TCP address, or
// a Unix socket if it is a path.
type proxy struct {
	ln     net.Listener
	framed bool // whole messages of Kafka's are passed on, and the brokers' address is ours

	mu      sync.Mutex
	how     manner
	hooks   []*hook
	links   map[*proxied]bool
	changed chan struct{} // closed when how has changed
	group   sync.WaitGroup
}

// manner is how connections are treated.
type manner struct {
	target   string
	refuse   bool
	up, down bool          // half-open: no bytes pass to the server, to the client
	delay    time.Duration // of each piece
	rate     int           // bytes a second; 0: no limit
}

// hook waits for bytes that hold a pattern.
type hook struct {
	pattern []byte
	up      bool
	do      func()
	done    atomic.Bool
}

// newProxy starts a proxy, which ends with the test.
func newProxy(t *testing.T, target string) *proxy { return startProxy(t, target, false) }

func startProxy(t *testing.T, target string, framed bool) *proxy {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{ln: ln, framed: framed, how: manner{target: target}, links: map[*proxied]bool{}, changed: make(chan struct{})}
	p.group.Go(p.accept)
	t.Cleanup(func() {
		ln.Close()
		p.cut()
		p.group.Wait()
	})
	return p
}

// addr returns where clients connect: host:port.
func (p *proxy) addr() string { return p.ln.Addr().String() }

func (p *proxy) set(change func(*manner)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.how)
	close(p.changed)
	p.changed = make(chan struct{})
}

// now returns how connections are treated, and what is closed when that changes.
func (p *proxy) now() (manner, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.how, p.changed
}

// cut resets all connections, and from now on every new one.
func (p *proxy) cut() {
	p.set(func(m *manner) {
		m.refuse = true
		for c := range p.links {
			c.reset()
		}
	})
}

// stall makes connections half-open, new ones too: what the client sends (up), what the
// server sends (down), or both is held back, and so is the end of a connection.
func (p *proxy) stall(up, down bool) { p.set(func(m *manner) { m.up, m.down = up, down }) }

// slow delays each piece of at most 32 KiB, or message of Kafka's, and bounds the rate of
// either direction; 0: no bound.
func (p *proxy) slow(delay time.Duration, bytesPerSecond int) {
	p.set(func(m *manner) { m.delay, m.rate = delay, bytesPerSecond })
}

// heal ends all of this. Hooks stay.
func (p *proxy) heal() { p.set(func(m *manner) { *m = manner{target: m.target} }) }

// when calls do once, before bytes that hold the pattern are passed on: to the server if
// up, else to the client. Letter case does not matter.
func (p *proxy) when(pattern string, up bool, do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hooks = append(p.hooks, &hook{pattern: bytes.ToLower([]byte(pattern)), up: up, do: do})
}

// forget removes all hooks.
func (p *proxy) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hooks = nil
}

// trigger calls what waits for a pattern in b, of which the first seen bytes were passed
// on before.
func (p *proxy) trigger(b []byte, seen int, up bool) {
	p.mu.Lock()
	hooks := p.hooks
	p.mu.Unlock()
	lower := bytes.ToLower(b)
	for _, h := range hooks {
		from := max(0, seen-len(h.pattern)+1)
		if h.up == up && bytes.Contains(lower[from:], h.pattern) && h.done.CompareAndSwap(false, true) {
			h.do()
		}
	}
}

// network returns that of a target.
func network(target string) string {
	if strings.HasPrefix(target, "/") {
		return "unix"
	}
	return "tcp"
}
