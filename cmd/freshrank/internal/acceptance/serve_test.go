package acceptance

import (
	"encoding/json"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"freshrank/cmd/freshrank/internal/bench"
	"freshrank/cmd/freshrank/internal/load"
	"freshrank/cmd/freshrank/internal/processtest"
	"freshrank/pagerank/pageranktest"
)

// TestServe: the bench of the API says that every answer is right, also while events
// come in, and that what is refused under overload is refused politely.
func TestServe(t *testing.T) {
	p, _ := start(t, filepath.Join(t.TempDir(), "data"), processtest.FreeAddress(t), "--demo", "--demo-pages", "10k", "--demo-links", "150k", "--demo-rate", "0", "--schedule", "off", "--max-reads", "32")
	out := spawn(t, "bench", "serve", "--api", p.api.base, "--urls", "web:10k:150k", "--sample", "10k", "--keys", "100", "--rate", size(8000, 100),
		"--events", size(2000, 100), "--duration", size(10, 1)+"s", "--progress", "none", "--json")
	out.Wait(t, 5*time.Minute)
	var r bench.ServeReport
	if err := json.Unmarshal([]byte(out.Stdout.String()), &r); err != nil || out.Cmd.ProcessState.ExitCode() != 0 {
		t.Fatalf("exit code %d, %v:\n%s", out.Cmd.ProcessState.ExitCode(), err, out.Output)
	}
	t.Log(out.Stdout)
	for _, name := range bench.ServeStages {
		s := r.Stage[name]
		if s.Status[200] == 0 || s.Wrong > 0 || s.Lost() > 0 || s.Impolite > 0 || s.Status[200]+s.Status[503] != total(s.Status) {
			t.Errorf("%s: %+v", name, s)
		}
		if name != "livez" && s.Checked == 0 {
			t.Errorf("%s: no answer was checked", name)
		}
	}
	if r.Feed == nil || r.Feed.Accepted == 0 || r.Feed.Failed > 0 {
		t.Errorf("feed: %+v", r.Feed)
	}
}

func total(of map[int]int) (n int) {
	for _, times := range of {
		n += times
	}
	return n
}

// TestServeEnds: SIGTERM under load loses no request that was sent on an open
// connection, and the process ends well.
func TestServeEnds(t *testing.T) {
	p, _ := start(t, filepath.Join(t.TempDir(), "data"), processtest.FreeAddress(t), "--demo", "--demo-pages", "1k", "--demo-links", "10k", "--demo-rate", "0", "--schedule", "off")
	web := pageranktest.NewWeb(1, 1000, 10_000)
	host := strings.TrimPrefix(p.api.base, "http://")
	results := make(chan load.Result)
	go func() {
		results <- load.Run(t.Context(), load.Options{
			Addr: host, Connections: 32, Duration: 3 * time.Second, Patience: 30 * time.Second,
			Request: func(i int) []byte {
				return []byte("GET /v1/ranks?url=" + url.QueryEscape(web.URL(i%web.Pages())) + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
			},
		})
	}()
	time.Sleep(time.Second)
	if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.Wait(t, time.Minute)
	r := <-results
	if r.Status[200] == 0 || total(r.Status) != r.Status[200] || r.Lost() > 0 {
		t.Errorf("answers %v, errors %v\n%s", r.Status, r.Errors, p.Output)
	}
	t.Logf("answers %v, errors %v", r.Status, r.Errors)
	p.Stop(t) // it has, with exit code 0
}
