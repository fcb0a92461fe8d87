package acceptance

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// full is set where the product is accepted, see `make acceptance`.
var full = flag.Bool("full", false, "run at the size the product is accepted at")

// size returns what a test runs with: the first number at acceptance, else the
// second.
func size(accepted, quick int) string { return strconv.Itoa(count(accepted, quick)) }

func count(accepted, quick int) int {
	if *full {
		return accepted
	}
	return quick
}

var program string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "freshrank-acceptance")
	if err == nil {
		program = filepath.Join(dir, "freshrank")
		var out []byte
		if out, err = exec.Command("go", "build", "-o", program, "freshrank/cmd/freshrank").CombinedOutput(); err != nil {
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

// process is one running `freshrank up`.
type process struct {
	cmd    *exec.Cmd
	output *lockedBuffer
	done   chan struct{} // closed when it has ended
	api    client
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.buf.String()
	return s[max(0, len(s)-20_000):]
}

// start runs `freshrank up` on a data folder and waits until it is ready.
func start(t *testing.T, data, listen string, args ...string) (*process, time.Duration) {
	t.Helper()
	p := &process{output: &lockedBuffer{}, done: make(chan struct{}), api: client{base: "http://" + listen}}
	p.cmd = exec.Command(program, append([]string{"up", "--data", data, "--listen", listen}, args...)...)
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	begin := time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() { p.stop(t) })
	for deadline := time.After(90 * time.Second); ; {
		if status, _ := p.api.get("/readyz", nil); status == 200 {
			return p, time.Since(begin)
		}
		select {
		case <-p.done:
			t.Fatalf("freshrank up ended: %v\n%s", p.cmd.ProcessState, p.output)
		case <-deadline:
			t.Fatalf("freshrank up is not ready after 90 s\n%s", p.output)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// kill ends the process as a crash does.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatalf("kill: %v\n%s", err, p.output)
	}
	<-p.done
}

// stop asks the process to end, and fails the test if it does not do so well.
func (p *process) stop(t *testing.T) {
	t.Helper()
	select {
	case <-p.done:
		return // killed before
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(60 * time.Second):
		_ = p.cmd.Process.Kill()
		t.Errorf("freshrank up did not stop within 60 s of SIGTERM\n%s", p.output)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("freshrank up ended with %v\n%s", p.cmd.ProcessState, p.output)
	}
	if t.Failed() {
		t.Logf("freshrank up said:\n%s", p.output)
	}
}

// run runs one other command to its end.
func run(t *testing.T, args ...string) (output string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("freshrank %v: %v\n%s", args, err, out)
	}
	if exit != nil {
		return string(out), exit.ExitCode()
	}
	return string(out), 0
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
