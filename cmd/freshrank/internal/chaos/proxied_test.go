package chaos

import (
	"bufio"
	"io"
	"net"
	"sync"
	"time"
)

// proxied is a connection through a proxy.
type proxied struct {
	*proxy
	client, server net.Conn
	over           chan struct{} // closed when it has been reset
	once           sync.Once
	asked          sync.Map // of Kafka: correlation id → asked
}

// accept takes connections until the listener is closed.
func (p *proxy) accept() {
	for {
		client, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.group.Go(func() { p.pass(client) })
	}
}

// pass serves one connection to its end.
func (p *proxy) pass(client net.Conn) {
	how, _ := p.now()
	server, err := net.DialTimeout(network(how.target), how.target, 3*time.Second)
	if err != nil {
		abort(client)
		return
	}
	c := &proxied{proxy: p, client: client, server: server, over: make(chan struct{})}
	p.mu.Lock()
	p.links[c] = true
	if p.how.refuse {
		c.reset()
	}
	p.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { c.forward(client, server, true) })
	both.Go(func() { c.forward(server, client, false) })
	both.Wait()
	c.reset()
	p.mu.Lock()
	delete(p.links, c)
	p.mu.Unlock()
}

// reset ends the connection at once, on both sides.
func (c *proxied) reset() {
	c.once.Do(func() {
		close(c.over)
		abort(c.client)
		abort(c.server)
	})
}

// abort closes a connection so that the peer gets a reset: it learns at once, and what
// was on the way is lost.
func abort(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}

// longest is how long a pattern may be that is found across two pieces.
const longest = 256

// forward passes on what one side sends until it ends or the connection is reset.
func (c *proxied) forward(from, to net.Conn, up bool) {
	defer c.reset()
	in := bufio.NewReaderSize(from, 32<<10)
	var tail []byte // what was passed on last
	for {
		piece, err := c.next(in, up)
		if len(piece) > 0 {
			seen := append(tail[:len(tail):len(tail)], piece...)
			c.trigger(seen, len(tail), up)
			tail = append([]byte(nil), seen[max(0, len(seen)-longest):]...)
			if !c.wait(len(piece), up) {
				return
			}
			if _, err := to.Write(piece); err != nil {
				return
			}
		}
		if err != nil {
			c.wait(0, up)
			return
		}
	}
}

// next reads a piece, or a message of Kafka's.
func (c *proxied) next(in *bufio.Reader, up bool) ([]byte, error) {
	if c.framed {
		return c.message(in, up)
	}
	if _, err := in.Peek(1); err != nil {
		return nil, err
	}
	piece := make([]byte, in.Buffered())
	_, err := io.ReadFull(in, piece)
	return piece, err
}

// wait holds up n bytes for as long as they are to be; false if the connection has been
// reset.
func (c *proxied) wait(n int, up bool) bool {
	how, _ := c.now()
	pause := how.delay
	if how.rate > 0 {
		pause += time.Duration(n) * time.Second / time.Duration(how.rate)
	}
	for end := time.Now().Add(pause); ; {
		select {
		case <-c.over:
			return false
		default:
		}
		how, changed := c.now()
		held := up && how.up || !up && how.down
		left := time.Until(end)
		if how.delay == 0 && how.rate == 0 {
			left = 0 // healed
		}
		if !held && left <= 0 {
			return true
		}
		if held {
			left = time.Hour // until it changes
		}
		timer := time.NewTimer(left)
		select {
		case <-c.over:
			timer.Stop()
			return false
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}
