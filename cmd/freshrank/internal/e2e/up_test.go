package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// crawled is the text of an event.
func crawled(id, page string, links ...string) string {
	type l struct {
		URL string `json:"url"`
	}
	list := []l{}
	for _, u := range links {
		list = append(list, l{u})
	}
	b, _ := json.Marshal(map[string]any{
		"specversion": "1.0", "id": id, "source": "https://crawler.example/e2e", "type": "freshrank.page.crawled",
		"time": time.Now().UTC().Format(time.RFC3339Nano), "data": map[string]any{"url": page, "links": list},
	})
	return string(b)
}

func (p *process) rank(page string) map[string]any {
	_, answer := p.try("GET", "/v1/ranks?url="+url.QueryEscape(page), "")
	return answer
}

// graph imports a made-up web.
func graph(t *testing.T, data string, pages, links int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "web.csv")
	if code, out := command(t, "generate", "graph", "--pages", fmt.Sprint(pages), "--links", fmt.Sprint(links), "-o", file); code != 0 {
		t.Fatalf("generate: code %d: %s", code, out)
	}
	if code, out := command(t, "import", "csv", file, "--data", data); code != 0 {
		t.Fatalf("import: code %d: %s", code, out)
	}
}

// verified runs verify and returns its report.
func verified(t *testing.T, data string, flags ...string) map[string]any {
	t.Helper()
	code, out := command(t, append([]string{"verify", "--json", "--data", data, "--log-level", "error"}, flags...)...)
	var report map[string]any
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 0 {
		t.Fatalf("verify: code %d: %s", code, out)
	}
	return report
}

// TestMainJob goes the whole way: import, first generation, an event that ranks
// a page nobody knew, a second generation under the eyes of readers, restart.
func TestMainJob(t *testing.T) {
	data := t.TempDir()
	graph(t, data, 2000, 20000)
	flags := logFlags()
	p := up(t, data, flags...)
	p.ready()

	if code, out := command(t, "up", "--data", data, "--listen", "127.0.0.1:0"); code != 75 || !strings.Contains(out, data) || !strings.Contains(out, fmt.Sprint(p.cmd.Process.Pid)) {
		t.Errorf("a second instance: code %d: %s", code, out)
	}
	top := p.call(200, "GET", "/v1/top?limit=1", "")["items"].([]any)[0].(map[string]any)["url"].(string)

	// An event ranks a page.
	const page, fresh = "https://me.example/", "https://fresh.example/"
	if s := p.rank(fresh)["status"]; s != "unknown" {
		t.Fatalf("a page nobody knows has status %v", s)
	}
	p.call(202, "POST", "/v1/events", crawled("1", page, fresh, top))
	p.eventually("ranked the new page", 20*time.Second, func() bool { return p.rank(fresh)["status"] == "ranked" })

	// A second generation, with readers.
	stop, wait := read(p, 50, []string{top, page, fresh})
	run := p.call(202, "POST", "/v1/batch/runs", "")
	p.eventually("finished the run", time.Minute, func() bool {
		_, now := p.try("GET", "/v1/batch/runs/"+run["id"].(string), "")
		return now["state"] == "succeeded" || now["state"] == "failed"
	})
	p.eventually("moved to generation 2", time.Minute, func() bool {
		_, s := p.try("GET", "/v1/status", "")
		return s["generation"] == 2.0 && s["view"] != nil
	})
	close(stop)
	if answers := wait(); answers == 0 {
		t.Error("the readers got no answer")
	} else {
		t.Logf("readers got %d answers during the handover", answers)
	}
	r := verified(t, data, flags...)
	if r["generation"] != 2.0 || r["events"] != 1.0 {
		t.Errorf("verified %v", r)
	}

	// A run by the command, while the layer is active, which has options of its own.
	args := append([]string{"batch", "run", "--data", data, "--schedule", "off", "--ignore-estimate", "--max-shrink", "0.9"}, flags...)
	if code, out := command(t, args...); code != 75 || !strings.Contains(out, "would run without --ignore-estimate, --max-shrink: stop it") {
		t.Errorf("batch run with options of its own: code %d: %s", code, out)
	}
	if code, out := command(t, append([]string{"batch", "run", "--data", data}, flags...)...); code != 0 || !strings.Contains(out, "generation 3 published") {
		t.Errorf("batch run: code %d: %s", code, out)
	}
	p.stop()
	if os.Getenv("FRESHRANK_TEST_BROKERS") == "" {
		verified(t, data) // starts the embedded parts itself
	}
	p = up(t, data, flags...)
	p.ready()
	if a := p.rank(fresh); a["status"] != "ranked" || a["generation"] != 3.0 {
		t.Errorf("after a restart: %v", a)
	}
	p.stop()
}

// read starts readers that check each answer against the one before. Nothing
// changes meanwhile but the generation, so the two intervals must have the true
// rank in common.
func read(p *process, readers int, pages []string) (stop chan struct{}, wait func() int) {
	stop = make(chan struct{})
	var wg sync.WaitGroup
	counts := make([]int, readers)
	for i := range readers {
		wg.Go(func() {
			page := pages[i%len(pages)]
			low, high := 0.0, 1.0
			for {
				select {
				case <-stop:
					return
				default:
				}
				status, a := p.try("GET", "/v1/ranks?url="+url.QueryEscape(page), "")
				if status != 200 || a["status"] != "ranked" {
					p.t.Errorf("during the handover: %d %v", status, a)
					return
				}
				in := a["interval"].(map[string]any)
				l, h, rank := in["low"].(float64), in["high"].(float64), a["rank"].(float64)
				if rank < l || rank > h || l > high || h < low {
					p.t.Errorf("during the handover: rank %v in [%v, %v] after [%v, %v]", rank, l, h, low, high)
					return
				}
				low, high = l, h
				counts[i]++
			}
		})
	}
	return stop, func() (n int) {
		wg.Wait()
		for _, c := range counts {
			n += c
		}
		return n
	}
}
