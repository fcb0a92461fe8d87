package acceptance

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"freshrank/cmd/freshrank/internal/processtest"
	"freshrank/migrations/locallog"
	"freshrank/migrations/localpg"
)

// patience bounds every single command; the test's own limit bounds the whole.
const patience = 20 * time.Minute

// stack is what the layers meet at, for layers that are processes of their own: a data
// folder, a Postgres and a log, in the form in which `freshrank up` embeds the two.
type stack struct {
	*input
	data  string
	flags []string // that name all three
}

func newStack(t *testing.T, in *input) *stack {
	t.Helper()
	dir := t.TempDir()
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	db, err := localpg.Start(ctx, filepath.Join(dir, "postgres"), localpg.Options{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := db.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	log, err := locallog.Start(filepath.Join(dir, "log"), logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Stop(); err != nil {
			t.Error(err)
		}
	})
	s := &stack{input: in, data: filepath.Join(dir, "data")}
	s.flags = []string{"--data", s.data, "--database", db.DSN("", ""), "--brokers", log.Addr(), "--log-format", "json"}
	if out, code := processtest.Run(t, append([]string{"migrate", "up"}, s.flags...)...); code != 0 {
		t.Fatal(out)
	}
	return s
}

// do runs a command to its end, which must be a good one.
func do(t *testing.T, args ...string) *process {
	t.Helper()
	p := spawn(t, args...)
	p.good(t)
	return p
}

// good waits until a command ends, and fails the test if it does not do so well.
func (p *process) good(t *testing.T) {
	t.Helper()
	p.Wait(t, patience)
	if code := p.Cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("freshrank %v: exit code %d\n%s", p.Cmd.Args[1:], code, p.Output)
	}
}

// serve starts an API; it need not have anything to answer yet.
func (s *stack) serve(t *testing.T, args ...string) *process {
	t.Helper()
	listen := processtest.FreeAddress(t)
	p := spawn(t, append(append([]string{"serve", "--listen", listen}, s.flags...), args...)...)
	p.api = client{base: "http://" + listen}
	t.Cleanup(func() { p.Stop(t) })
	p.await(t, "/livez", time.Minute)
	return p
}

// imported runs the import.
func (s *stack) imported(t *testing.T, file string) (links int, p *process) {
	t.Helper()
	p = do(t, "import", "csv", file, "--data", s.data, "--json", "--progress", "none")
	var summary struct{ Links int }
	fromJSON(t, p, &summary)
	return summary.Links, p
}

// submitted puts a file of events into the log, through an API that takes them however
// far the answers trail.
func (s *stack) submitted(t *testing.T, file string) time.Duration {
	t.Helper()
	api := s.serve(t, "--max-lag", "0s")
	p := do(t, "submit", file, "--api", api.api.base)
	api.Stop(t)
	return p.Took()
}

// batchRun is a run of the batch layer as a process of its own.
type batchRun struct {
	*process
	batchResult
	phases *phases
	cpu    time.Duration
}

// batchResult is what the command says of it.
type batchResult struct {
	Generation int64
	Events     int
	Bound      float64
}

func (s *stack) startBatch(t *testing.T) *batchRun {
	t.Helper()
	args := append([]string{"batch", "run", "--json", "--progress", "json"}, s.flags...)
	r := &batchRun{phases: &phases{}}
	r.process = spawnTo(t, r.phases, args...)
	return r
}

// end waits for the run's end, which must be a good one.
func (r *batchRun) end(t *testing.T) {
	t.Helper()
	r.good(t)
	r.cpu = r.Cmd.ProcessState.UserTime() + r.Cmd.ProcessState.SystemTime()
	r.phases.enter("", r.Ended)
	fromJSON(t, r.process, &r.batchResult)
}

// fromJSON reads what a command has printed as JSON.
func fromJSON(t *testing.T, p *process, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(p.Stdout.String()), into); err != nil {
		t.Fatalf("freshrank %v: %v\n%s", p.Cmd.Args[1:], err, p.Output)
	}
}
