package chaos

import (
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"freshrank/migrations/locallog"
	"freshrank/migrations/topics"
)

// echo is a server that sends back what it gets.
func echo(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	return ln.Addr().String()
}

// caller speaks to an echo.
type caller struct {
	t *testing.T
	net.Conn
}

func call(t *testing.T, address string) caller {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return caller{t, conn}
}

func (c caller) says(word string) {
	c.t.Helper()
	if _, err := c.Write([]byte(word)); err != nil {
		c.t.Fatal(err)
	}
}

func (c caller) hears(word string) {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	b := make([]byte, len(word))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != word {
		c.t.Fatalf("heard %q, %v; want %q", b, err, word)
	}
}

func (c caller) hearsNothing() {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	var b [1]byte
	if n, err := c.Read(b[:]); !errors.Is(err, os.ErrDeadlineExceeded) {
		c.t.Fatalf("heard %q, %v; want nothing", b[:n], err)
	}
}

func TestProxy(t *testing.T) {
	p := newProxy(t, echo(t))
	c := call(t, p.addr())
	c.says("hello")
	c.hears("hello")

	for _, half := range []struct{ up, down bool }{{true, false}, {false, true}} {
		p.stall(half.up, half.down)
		c.says("later")
		c.hearsNothing()
		other := call(t, p.addr())
		other.says("me too")
		other.hearsNothing()
		p.heal()
		c.hears("later")
		other.hears("me too")
	}

	p.slow(40*time.Millisecond, 0)
	begun := time.Now()
	c.says("slow")
	c.hears("slow")
	if took := time.Since(begun); took < 80*time.Millisecond {
		t.Errorf("two delays of 40 ms took %v", took)
	}
	p.heal()

	p.cut()
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("after a cut: %v", err)
	}
	d, err := net.Dial("tcp", p.addr())
	if err == nil {
		defer d.Close()
		_ = d.SetReadDeadline(time.Now().Add(20 * time.Second))
		_, err = d.Read(make([]byte, 1))
	} // else it was reset before Dial came back
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a connection after a cut: %v", err)
	}
	p.heal()
	e := call(t, p.addr())
	e.says("again")
	e.hears("again")
}

func TestProxyHooks(t *testing.T) {
	p := newProxy(t, echo(t))
	c := call(t, p.addr())
	var calls atomic.Int32
	p.when("UPDATE pointer", true, func() { calls.Add(1); p.stall(false, true) })
	c.says("begin; update po")
	c.hears("begin; update po")
	if calls.Load() != 0 {
		t.Error("called too early")
	}
	c.says("inter; commit")
	c.hearsNothing() // the answer is withheld, what triggered it was passed on
	p.heal()
	c.hears("inter; commit")
	c.says("update pointer")
	c.hears("update pointer")
	if n := calls.Load(); n != 1 {
		t.Errorf("called %d times", n)
	}
	p.when("stop", true, p.cut)
	c.says("stop")
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	if n, err := c.Read(make([]byte, 4)); n > 0 || err == nil {
		t.Errorf("what a hook cut off was passed on: %d bytes, %v", n, err)
	}
}

// The log's own address is told nobody: everything goes through the proxy.
func TestKafkaProxy(t *testing.T) {
	l, err := locallog.Start(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Stop() }()
	p := newKafkaProxy(t, l.Addr())
	if _, err := topics.Ensure(t.Context(), topics.Options{Brokers: []string{p.addr()}, Partitions: 2}, "test"); err != nil {
		t.Fatal(err)
	}
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(p.addr()), Transport: transport}
	m, err := client.Metadata(t.Context(), &kafka.MetadataRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range m.Brokers {
		if at := net.JoinHostPort(b.Host, strconv.Itoa(b.Port)); at != p.addr() {
			t.Errorf("a broker at %s, want the proxy's %s", at, p.addr())
		}
	}
	w := &kafka.Writer{Addr: kafka.TCP(p.addr()), Topic: "test", BatchTimeout: time.Millisecond, RequiredAcks: kafka.RequireAll, MaxAttempts: 1, Transport: transport}
	defer w.Close()
	if err := w.WriteMessages(t.Context(), kafka.Message{Value: []byte("one")}); err != nil {
		t.Fatal(err)
	}
	p.cut()
	if err := w.WriteMessages(t.Context(), kafka.Message{Value: []byte("two")}); err == nil {
		t.Error("written past the proxy")
	}
}
