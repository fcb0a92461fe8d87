package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/migrations/migrationstest"
)

var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "freshrank-e2e-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "freshrank")
	if out, err := exec.Command("go", "build", "-o", binary, "freshrank/cmd/freshrank").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build freshrank: %v\n%s", err, out)
		os.Exit(1)
	}
	migrationstest.Main(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// command runs the binary to its end.
func command(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, args...)
	b, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run %v: %v", args, err)
	}
	return cmd.ProcessState.ExitCode(), string(b)
}

// process is a running freshrank.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    *os.File // both outputs
	exited chan struct{}
	api    string
	key    string // sent with every request, unless empty
}

// logFlags name the log: the embedded one, or a topic of its own on real
// brokers.
func logFlags() []string {
	brokers := os.Getenv("FRESHRANK_TEST_BROKERS")
	if brokers == "" {
		return nil
	}
	return []string{"--brokers", brokers, "--topic", "e2e." + rand.Text()}
}

// spawn starts the binary; cleanup kills it if it still runs.
func spawn(t *testing.T, args ...string) *process {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(binary, args...), out: out, exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.exited
		http.DefaultClient.CloseIdleConnections()
		if t.Failed() {
			t.Logf("freshrank %v said:\n%s", args, tail(p.said()))
		}
		_ = out.Close()
	})
	return p
}

// up starts `freshrank up` and waits until ranks can be given.
func up(t *testing.T, data string, flags ...string) *process {
	t.Helper()
	p := spawn(t, append([]string{"up", "--data", data, "--listen", "127.0.0.1:0", "--log-format", "json"}, flags...)...)
	p.eventually("runs", time.Minute, func() bool {
		r, ok, err := boot.ReadRuntime(data)
		p.api = r.API
		return err == nil && ok
	})
	return p
}

// listens waits until `freshrank serve` does.
func (p *process) listens() {
	p.t.Helper()
	address := regexp.MustCompile(`"msg":"serving","address":"([^"]+)"`)
	p.eventually("serves", 20*time.Second, func() bool {
		m := address.FindStringSubmatch(p.said())
		if m != nil {
			p.api = "http://" + m[1]
		}
		return m != nil
	})
}

func (p *process) ready() {
	p.t.Helper()
	p.eventually("is ready", time.Minute, func() bool {
		status, _ := p.try("GET", "/readyz", "")
		return status == 200
	})
}

func (p *process) said() string {
	b, _ := os.ReadFile(p.out.Name())
	return string(b)
}

func tail(s string) string {
	if len(s) > 6000 {
		return "…" + s[len(s)-6000:]
	}
	return s
}

// eventually waits for a condition, for as long as the process lives.
func (p *process) eventually(what string, within time.Duration, ok func() bool) {
	p.t.Helper()
	deadline := time.After(within)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-p.exited:
			p.t.Fatalf("freshrank ended before it %s", what)
		case <-deadline:
			p.t.Fatalf("freshrank never %s within %s", what, within)
		}
	}
}

// stop asks for an orderly end.
func (p *process) stop() {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(time.Minute):
		p.t.Fatal("freshrank did not stop within a minute of SIGTERM")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Errorf("exit code %d after SIGTERM, want 0", code)
	}
}

// try makes a request; status 0 is "no answer".
func (p *process) try(method, path, body string) (status int, answer map[string]any) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, p.api+path, strings.NewReader(body))
	if err != nil {
		return 0, nil
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if p.key != "" {
		req.Header.Set("Authorization", "Bearer "+p.key)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, nil
	}
	if json.NewDecoder(bytes.NewReader(b)).Decode(&answer) != nil {
		answer = map[string]any{"body": string(b)}
	}
	return res.StatusCode, answer
}

// call makes a request that must be answered with the given status.
func (p *process) call(want int, method, path, body string) map[string]any {
	p.t.Helper()
	status, answer := p.try(method, path, body)
	if status != want {
		p.t.Fatalf("%s %s answers %d, want %d: %v", method, path, status, want, answer)
	}
	return answer
}
