package e2e

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/segmentio/kafka-go"

	"freshrank/cmd/freshrank/internal/boot"
)

// TestBadRecord writes what is no event to the topic itself: it is set aside and
// the rest of its partition goes on.
func TestBadRecord(t *testing.T) {
	data := t.TempDir()
	graph(t, data, 200, 1000)
	flags := logFlags()
	p := up(t, data, flags...)
	p.ready()
	var records []kafka.Message
	for i := range 20 { // some in every partition
		records = append(records,
			kafka.Message{Key: []byte{byte(i)}, Value: []byte("{no event")},
			kafka.Message{Key: []byte{byte(i)}, Value: []byte(crawled(fmt.Sprint(i), fmt.Sprintf("https://after%d.example/", i)))})
	}
	p.produce(data, flags, records...)
	for i := range 20 {
		p.eventually("applied what follows a bad record", 20*time.Second, func() bool {
			return p.rank(fmt.Sprintf("https://after%d.example/", i))["status"] == "ranked"
		})
	}
	speed := p.call(200, "GET", "/v1/status", "")["speed"].(map[string]any)
	if speed["dead_letters"] != 20.0 {
		t.Errorf("%v records were set aside, want 20", speed["dead_letters"])
	}
	if r := verified(t, data, flags...); r["refused"] != 20.0 || r["events"] != 20.0 {
		t.Errorf("verified %v", r)
	}
	p.stop()
}

// TestLogDown: the API without a log goes on answering reads and refuses events
// with 503.
func TestLogDown(t *testing.T) {
	data := t.TempDir()
	graph(t, data, 200, 1000)
	p := up(t, data, logFlags()...)
	p.ready()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := ln.Addr().String()
	ln.Close()
	s := spawn(t, "serve", "--data", data, "--listen", "127.0.0.1:0", "--brokers", nobody, "--log-format", "json")
	s.listens()
	s.ready()
	s.call(200, "GET", "/v1/top?limit=3", "")
	answer := s.call(503, "POST", "/v1/events", crawled("1", "https://me.example/"))
	if answer["title"] == "" || answer["fix"] == nil {
		t.Errorf("the refusal says %v", answer)
	}
	s.call(200, "GET", "/v1/top?limit=3", "")
	s.stop()
	p.stop()
}

// TestStopWhileWaiting: a layer that waits for a database which does not answer ends
// well when it is asked to.
func TestStopWhileWaiting(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	database := "postgres://me@" + silent.Addr().String() + "/freshrank?sslmode=disable"
	for _, layer := range []string{"batch", "speed", "serve"} {
		p := spawn(t, layer, "--data", t.TempDir(), "--database", database, "--brokers", "127.0.0.1:1")
		conn, err := silent.Accept() // it waits now
		if err != nil {
			t.Fatal(err)
		}
		p.stop()
		conn.Close()
	}
}

// TestVerifyHasPower changes one stored rank by a hundredth of itself.
func TestVerifyHasPower(t *testing.T) {
	data := t.TempDir()
	graph(t, data, 200, 1000)
	flags := logFlags()
	p := up(t, data, flags...)
	p.ready()
	verified(t, data, flags...)
	runtime, _, err := boot.ReadRuntime(data)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), runtime.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `UPDATE batch_rank_1 SET x = x * 1.01 WHERE page = (SELECT page FROM batch_rank_1 WHERE x IS NOT NULL LIMIT 1)`); err != nil {
		t.Fatal(err)
	}
	if code, out := command(t, append([]string{"verify", "--data", data}, flags...)...); code != 1 || !strings.Contains(out, "is outside of") {
		t.Errorf("verify of a damaged rank: code %d: %s", code, out)
	}
	p.stop()
}

// TestBatchRunAlone makes the first generation without anything running.
func TestBatchRunAlone(t *testing.T) {
	data := t.TempDir()
	graph(t, data, 200, 1000)
	flags := append([]string{"--data", data}, logFlags()...)
	if code, out := command(t, append([]string{"batch", "run"}, flags...)...); code != 0 || !strings.Contains(out, "generation 1 published") {
		t.Fatalf("batch run: code %d: %s", code, out)
	}
	verified(t, data, flags[2:]...)
}
