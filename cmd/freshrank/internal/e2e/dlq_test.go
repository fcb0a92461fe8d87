package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"freshrank/cmd/freshrank/internal/boot"
)

// TestDeadLetters: an event from too far ahead is set aside, listed, and taken when
// it is replayed later; what is no event comes back.
func TestDeadLetters(t *testing.T) {
	data := t.TempDir()
	graph(t, data, 200, 1000)
	flags := logFlags()
	const limit = "--max-future=1s"
	p := up(t, data, append(flags, limit)...)
	p.ready()
	var event map[string]any
	if err := json.Unmarshal([]byte(crawled("early", "https://early.example/")), &event); err != nil {
		t.Fatal(err)
	}
	event["time"] = time.Now().UTC().Add(15 * time.Second).Format(time.RFC3339Nano)
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	dlq := func(args ...string) (lines []map[string]any) {
		t.Helper()
		code, out := command(t, append(append([]string{"dlq", args[0], "--json", "--data", data, limit}, flags...), args[1:]...)...)
		if code != 0 {
			t.Fatalf("dlq %v: code %d: %s", args, code, out)
		}
		for line := range strings.Lines(out) {
			var one map[string]any
			if err := json.Unmarshal([]byte(line), &one); err != nil {
				t.Fatalf("dlq %v: %v in %s", args, err, line)
			}
			lines = append(lines, one)
		}
		return lines
	}
	if l, r := dlq("list"), dlq("replay", "--all")[0]; len(l) > 0 || r["letters"] != 0.0 || r["sent"] != 0.0 {
		t.Errorf("without dead letters: %v, %v", l, r)
	}
	p.produce(data, flags, kafka.Message{Key: []byte("a"), Value: []byte("{no event")}, kafka.Message{Key: []byte("b"), Value: text})

	p.eventually("set both aside", 20*time.Second, func() bool { return len(dlq("list")) == 2 })
	if l := dlq("list", "--field=time"); len(l) != 1 || l[0]["value"] != string(text) || l[0]["reason"] == "" {
		t.Errorf("letters of the field time: %v", l)
	}
	if l := dlq("list", "--since=1h", "--limit=1"); len(l) != 1 {
		t.Errorf("one letter: %v", l)
	}
	if r := dlq("replay", "--all", "--dry-run"); r[0]["sent"] != 2.0 || len(dlq("list")) != 2 {
		t.Errorf("dry run: %v", r)
	}
	p.eventually("found the event valid", time.Minute, func() bool { return len(dlq("list", "--valid")) == 1 })
	if r := dlq("replay", "--valid")[0]; r["letters"] != 2.0 || r["selected"] != 1.0 || r["sent"] != 1.0 {
		t.Errorf("replay of what is valid: %v", r)
	}
	p.eventually("ranked the page", 20*time.Second, func() bool { return p.rank("https://early.example/")["status"] == "ranked" })

	// All of it: the event changes nothing any more, what is none comes back.
	if r := dlq("replay", "--all")[0]; r["sent"] != 2.0 {
		t.Errorf("replay of all: %v", r)
	}
	p.eventually("set it aside again", 20*time.Second, func() bool { return len(dlq("list")) == 3 })
	if r := dlq("replay", "--reason=JSON", "--dry-run")[0]; r["selected"] != 2.0 || r["sent"] != 1.0 || r["identical"] != 1.0 {
		t.Errorf("replay of what came back: %v", r)
	}
	if code, out := command(t, append([]string{"dlq", "list", "--data", data}, flags...)...); code != 0 || !strings.Contains(out, "3 of 3 dead letters") {
		t.Errorf("as text: code %d: %s", code, out)
	}
	// It needs nothing but the brokers.
	runtime, _, err := boot.ReadRuntime(data)
	if err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(t.TempDir(), "none")
	alone := []string{"dlq", "list", "--data", none, "--brokers", strings.Join(runtime.Brokers, ",")}
	if len(flags) > 0 {
		alone = append(alone, "--topic", flags[3])
	}
	code, out := command(t, alone...)
	if _, err := os.Stat(none); code != 0 || !strings.Contains(out, "3 of 3 dead letters") || err == nil {
		t.Errorf("without a data folder: code %d, %v: %s", code, err, out)
	}
	verified(t, data, append(flags, limit)...)
	p.stop()
}

// produce writes records to the topic itself.
func (p *process) produce(data string, flags []string, records ...kafka.Message) {
	p.t.Helper()
	runtime, _, err := boot.ReadRuntime(data)
	if err != nil {
		p.t.Fatal(err)
	}
	topic := "freshrank.links"
	if len(flags) > 0 {
		topic = flags[3]
	}
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	w := &kafka.Writer{Addr: kafka.TCP(runtime.Brokers...), Topic: topic, RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond, Transport: transport, Balancer: kafka.Murmur2Balancer{}}
	defer w.Close()
	if err := w.WriteMessages(p.t.Context(), records...); err != nil {
		p.t.Fatal(err)
	}
}
