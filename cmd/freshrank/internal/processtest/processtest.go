// Package processtest runs the built program as its users do, for the tests that
// look at it from outside.
package processtest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"freshrank/cmd/freshrank/internal/bench"
)

// Program is what [Main] has built.
var Program string

// Main builds freshrank, runs the tests and exits.
func Main(m *testing.M) {
	dir, err := os.MkdirTemp("", "freshrank-program")
	if err == nil {
		Program = filepath.Join(dir, "freshrank")
		var out []byte
		if out, err = exec.Command("go", "build", "-o", Program, "freshrank/cmd/freshrank").CombinedOutput(); err != nil {
			err = fmt.Errorf("build freshrank: %w\n%s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// Process is one freshrank.
type Process struct {
	Cmd    *exec.Cmd
	Stdout *Buffer
	Output *Buffer       // both outputs
	Done   chan struct{} // closed when it has ended
	Peak   atomic.Int64  // most bytes resident so far; 0 where the system does not say

	Began, Ended time.Time // Ended: to be read after Done
}

// Spawn starts the program, with standard error to w as well. If it still runs when
// the test ends, it is killed.
func Spawn(t testing.TB, w io.Writer, args ...string) *Process {
	t.Helper()
	p := &Process{Stdout: &Buffer{}, Output: &Buffer{}, Done: make(chan struct{})}
	p.Cmd = exec.Command(Program, args...)
	p.Cmd.Stdout, p.Cmd.Stderr = io.MultiWriter(p.Stdout, p.Output), io.MultiWriter(w, p.Output)
	p.Began = time.Now()
	if err := p.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = p.Cmd.Wait()
		p.Ended = time.Now()
		close(ended)
	}()
	go func() {
		p.watchPeak(ended)
		close(p.Done)
	}()
	t.Cleanup(func() {
		_ = p.Cmd.Process.Kill()
		<-p.Done
	})
	return p
}

// watchPeak looks at the memory until the process has ended: afterwards nobody knows.
// (What wait4 says of a child may be the parent's own, from before exec.)
func (p *Process) watchPeak(ended <-chan struct{}) {
	for {
		if peak, ok := bench.PeakOf(p.Cmd.Process.Pid); ok {
			p.Peak.Store(max(peak, p.Peak.Load()))
		}
		select {
		case <-ended:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Took returns how long it ran, once it has ended.
func (p *Process) Took() time.Duration { return p.Ended.Sub(p.Began) }

// Kill ends the process as a crash does.
func (p *Process) Kill(t testing.TB) {
	t.Helper()
	if err := p.Cmd.Process.Kill(); err != nil {
		t.Fatalf("kill: %v\n%s", err, p.Output)
	}
	<-p.Done
}

// Stop asks the process to end, and fails the test if it does not do so well. One
// that has ended was killed before.
func (p *Process) Stop(t testing.TB) {
	t.Helper()
	select {
	case <-p.Done:
		return
	default:
	}
	_ = p.Cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.Done:
	case <-time.After(60 * time.Second):
		_ = p.Cmd.Process.Kill()
		<-p.Done
		t.Errorf("freshrank %s did not stop within 60 s of SIGTERM\n%s", p.Cmd.Args[1], p.Output)
	}
	if code := p.Cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("freshrank %s ended with %v\n%s", p.Cmd.Args[1], p.Cmd.ProcessState, p.Output)
	}
	if t.Failed() {
		t.Logf("freshrank %s said:\n%s", p.Cmd.Args[1], p.Output)
	}
}

// Wait waits until the process ends by itself, which must be soon enough.
func (p *Process) Wait(t testing.TB, patience time.Duration) {
	t.Helper()
	select {
	case <-p.Done:
	case <-time.After(patience):
		_ = p.Cmd.Process.Kill()
		<-p.Done
		t.Fatalf("freshrank %v did not end within %v\n%s", p.Cmd.Args[1:], patience, p.Output)
	}
}

// Run runs a command to its end.
func Run(t testing.TB, args ...string) (output string, code int) {
	t.Helper()
	p := Spawn(t, io.Discard, args...)
	p.Wait(t, 5*time.Minute)
	return p.Output.String(), p.Cmd.ProcessState.ExitCode()
}

// FreeAddress returns a loopback address that nobody listens on.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Buffer keeps what a process says, and shows the last 20,000 bytes.
type Buffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.buf.String()
	return s[max(0, len(s)-20_000):]
}
