package acceptance

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"freshrank/cmd/freshrank/internal/bench"
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

// process is one running freshrank.
type process struct {
	cmd    *exec.Cmd
	stdout *lockedBuffer
	output *lockedBuffer // both outputs
	done   chan struct{} // closed when it has ended
	peak   atomic.Int64  // most bytes resident so far; 0 where the system does not say
	api    client

	began, ended time.Time // ended: to be read after done
}

// took returns how long it ran, once it has ended.
func (p *process) took() time.Duration { return p.ended.Sub(p.began) }

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

// spawn starts the program. If it still runs when the test ends, it is killed.
func spawn(t *testing.T, args ...string) *process {
	t.Helper()
	return spawnTo(t, io.Discard, args...)
}

// spawnTo is spawn with standard error to w as well.
func spawnTo(t *testing.T, w io.Writer, args ...string) *process {
	t.Helper()
	p := &process{stdout: &lockedBuffer{}, output: &lockedBuffer{}, done: make(chan struct{})}
	p.cmd = exec.Command(program, args...)
	p.cmd.Stdout, p.cmd.Stderr = io.MultiWriter(p.stdout, p.output), io.MultiWriter(w, p.output)
	p.began = time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = p.cmd.Wait()
		p.ended = time.Now()
		close(ended)
	}()
	go func() {
		p.watchPeak(ended)
		close(p.done)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.done
	})
	return p
}

// watchPeak looks at the memory until the process has ended: afterwards nobody knows.
// (What wait4 says of a child may be the parent's own, from before exec.)
func (p *process) watchPeak(ended <-chan struct{}) {
	for {
		if peak, ok := bench.PeakOf(p.cmd.Process.Pid); ok {
			p.peak.Store(max(peak, p.peak.Load()))
		}
		select {
		case <-ended:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// start runs `freshrank up` on a data folder and waits until it is ready.
func start(t *testing.T, data, listen string, args ...string) (*process, time.Duration) {
	t.Helper()
	begin := time.Now()
	p := spawn(t, append([]string{"up", "--data", data, "--listen", listen}, args...)...)
	p.api = client{base: "http://" + listen}
	t.Cleanup(func() { p.stop(t) })
	p.await(t, "/readyz", 90*time.Second)
	return p, time.Since(begin)
}

// await waits until the process answers 200 to a path.
func (p *process) await(t *testing.T, path string, patience time.Duration) {
	t.Helper()
	for deadline := time.After(patience); ; {
		if status, _ := p.api.get(path, nil); status == 200 {
			return
		}
		select {
		case <-p.done:
			t.Fatalf("freshrank %s ended: %v\n%s", p.cmd.Args[1], p.cmd.ProcessState, p.output)
		case <-deadline:
			t.Fatalf("freshrank %s does not answer %s after %v\n%s", p.cmd.Args[1], path, patience, p.output)
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
		<-p.done
		t.Errorf("freshrank %s did not stop within 60 s of SIGTERM\n%s", p.cmd.Args[1], p.output)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("freshrank %s ended with %v\n%s", p.cmd.Args[1], p.cmd.ProcessState, p.output)
	}
	if t.Failed() {
		t.Logf("freshrank %s said:\n%s", p.cmd.Args[1], p.output)
	}
}

// run runs one other command to its end.
func run(t *testing.T, args ...string) (output string, code int) {
	t.Helper()
	p := spawn(t, args...)
	p.wait(t, 5*time.Minute)
	return p.output.String(), p.cmd.ProcessState.ExitCode()
}

// wait waits until the process ends by itself, which must be soon enough.
func (p *process) wait(t *testing.T, patience time.Duration) {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.done
		t.Fatalf("freshrank %v did not end within %v\n%s", p.cmd.Args[1:], patience, p.output)
	}
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
