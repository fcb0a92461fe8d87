package acceptance

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"freshrank/cmd/freshrank/internal/processtest"
)

// TestKill ends the process with SIGKILL at random moments under the demo feed,
// with events of our own on the way and batch runs begun, and starts it again on
// the same folder. After each start every event that was ever acknowledged must be
// there, and `freshrank verify` must find every page inside its interval.
func TestKill(t *testing.T) {
	data, listen := t.TempDir(), processtest.FreeAddress(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 4))
	args := []string{"--demo", "--demo-pages", size(20_000, 3_000), "--demo-links", size(300_000, 30_000)}
	p, _ := start(t, data, listen, args...)
	var acknowledged []string
	kills := count(20, 3)
	for kill := range kills {
		var mu sync.Mutex
		var clients sync.WaitGroup
		dead := make(chan struct{})
		for c := range 4 {
			clients.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-dead:
						return
					default:
					}
					id := fmt.Sprintf("%d-%d-%d", kill, c, i)
					fresh := "https://kill-" + id + ".example.org/"
					if p.api.submit(crawled(id, "https://source-"+id+".example.org/", fresh)) == nil {
						mu.Lock()
						acknowledged = append(acknowledged, fresh)
						mu.Unlock()
					}
				}
			})
		}
		if kill%2 == 1 {
			_, _ = p.api.post("/v1/batch/runs", "application/json", struct{}{}, nil)
		}
		time.Sleep(time.Duration(rng.IntN(3000)) * time.Millisecond)
		p.Kill(t)
		close(dead)
		clients.Wait()

		var ready time.Duration
		p, ready = start(t, data, listen, args...)
		begin := time.Now()
		present(t, p, acknowledged)
		out, code := processtest.Run(t, "verify", "--data", data)
		t.Logf("kill %d of %d: ready after %.1f s, %d acknowledged events all there after %.1f s more; verify: %s",
			kill+1, kills, ready.Seconds(), len(acknowledged), time.Since(begin).Seconds(), lastLine(out))
		if code != 0 {
			t.Fatalf("freshrank verify: exit code %d\n%s", code, out)
		}
	}
	if len(acknowledged) < 10*kills {
		t.Errorf("only %d events were acknowledged in %d lives: the test does not test much", len(acknowledged), kills)
	}
}

// present waits until every page has a rank, and fails if one does not get it.
func present(t *testing.T, p *process, pages []string) {
	t.Helper()
	missing := pages
	await(t, "every acknowledged event shows", func() bool {
		var still []string
		for at := 0; at < len(missing); at += 1000 {
			ask := missing[at:min(at+1000, len(missing))]
			var many items[rank]
			status, err := p.api.post("/v1/ranks/lookup", "application/json", map[string]any{"urls": ask}, &many)
			if err != nil || status != 200 || len(many.Items) != len(ask) {
				return false
			}
			for i, r := range many.Items {
				if r.Status != "ranked" {
					still = append(still, ask[i])
				}
			}
		}
		missing = still
		return len(missing) == 0
	})
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
