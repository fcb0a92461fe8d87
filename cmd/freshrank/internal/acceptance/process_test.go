package acceptance

import (
	"flag"
	"io"
	"strconv"
	"testing"
	"time"

	"freshrank/cmd/freshrank/internal/processtest"
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

func TestMain(m *testing.M) { processtest.Main(m) }

// process is one running freshrank.
type process struct {
	*processtest.Process
	api client
}

// spawn starts the program. If it still runs when the test ends, it is killed.
func spawn(t *testing.T, args ...string) *process {
	t.Helper()
	return spawnTo(t, io.Discard, args...)
}

// spawnTo is spawn with standard error to w as well.
func spawnTo(t *testing.T, w io.Writer, args ...string) *process {
	t.Helper()
	return &process{Process: processtest.Spawn(t, w, args...)}
}

// start runs `freshrank up` on a data folder and waits until it is ready.
func start(t *testing.T, data, listen string, args ...string) (*process, time.Duration) {
	t.Helper()
	begin := time.Now()
	p := spawn(t, append([]string{"up", "--data", data, "--listen", listen}, args...)...)
	p.api = client{base: "http://" + listen}
	t.Cleanup(func() { p.Stop(t) })
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
		case <-p.Done:
			t.Fatalf("freshrank %s ended: %v\n%s", p.Cmd.Args[1], p.Cmd.ProcessState, p.Output)
		case <-deadline:
			t.Fatalf("freshrank %s does not answer %s after %v\n%s", p.Cmd.Args[1], path, patience, p.Output)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
