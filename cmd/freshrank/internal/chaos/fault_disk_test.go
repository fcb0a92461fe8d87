package chaos

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/segmentio/kafka-go"

	"freshrank/migrations/topics"
)

// TestFaultsOfDisk fills the data folder's disk at the beginning of each phase of a run.
func TestFaultsOfDisk(t *testing.T) {
	disk := newSmallDisk(t)
	w := newWatch(t, chosenSeed())
	w.batch.stop(t)
	w.speed.stop(t)
	data := filepath.Join(disk.dir, "data")
	if err := os.CopyFS(data, os.DirFS(w.data)); err != nil {
		t.Fatal(err)
	}
	w.data = data
	w.batch = w.layer(t, "batch", "--schedule", "off", "--nice", "0", "--ignore-estimate")
	w.speed = w.layer(t, "speed")
	w.batch.start(t)
	w.speed.start(t)
	var trials []trial
	for _, phase := range []string{"archive", "fold", "rank"} {
		trials = append(trials, trial{"disk full when batch begins to " + phase, func(t *testing.T, w *watch) {
			before := w.generations(t)
			m := on(w.batch.db, string([]byte{0, 0, 0, byte(len(phase))})+phase, true, func() {
				if err := disk.fill(); err != nil {
					t.Error(err)
				}
			})
			w.request(t)
			m.wait(t, w, phase)
			w.generation(t)
			reason := w.lastError(t)
			t.Logf("reason: %s", reason)
			for _, part := range []string{data, "no space left on device", "make room"} {
				if !strings.Contains(reason, part) {
					t.Errorf("the reason does not say %q: %s", part, reason)
				}
			}
			if w.generations(t) != before {
				t.Error("a generation was published all the same")
			}
			// A second run on a disk that is still full leaves as little.
			w.request(t)
			w.generation(t)
			if left := unfinished(t, data); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
			disk.empty(t)
			w.request(t)
			w.generation(t)
			if w.generations(t) != before+1 {
				t.Errorf("no generation once there was room: %s", w.lastError(t))
			}
		}})
	}
	w.try(t, trials)
}

// lastError returns why the last run failed.
func (w *watch) lastError(t *testing.T) (reason string) {
	t.Helper()
	w.query(t, `SELECT coalesce(error, '') FROM batch_run ORDER BY created_at DESC LIMIT 1`, func(r pgx.Rows) error { return r.Scan(&reason) })
	return reason
}

// TestFullDiskOfLog: the embedded log confirms nothing that it could not keep, and goes on
// once there is room; what it confirmed is there after kill -9.
func TestFullDiskOfLog(t *testing.T) {
	disk := newSmallDisk(t)
	n := newLocalLog()
	n.start(t, filepath.Join(disk.dir, "log"))
	if _, err := topics.Ensure(t.Context(), topics.Options{Brokers: []string{n.addr()}, Partitions: 1}, "test"); err != nil {
		t.Fatal(err)
	}
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	w := &kafka.Writer{Addr: kafka.TCP(n.addr()), Topic: "test", BatchTimeout: time.Millisecond, RequiredAcks: kafka.RequireAll, MaxAttempts: 1, Transport: transport}
	defer w.Close()
	var confirmed []string
	write := func(value string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := w.WriteMessages(ctx, kafka.Message{Value: []byte(value)})
		if err == nil {
			confirmed = append(confirmed, value)
		}
		return err
	}
	for round := range 3 {
		for i := range 20 {
			if err := write(fmt.Sprintf("%d, %d with room, %s", round, i, strings.Repeat("x", i*100))); err != nil {
				t.Fatal(err)
			}
		}
		if err := disk.fill(); err != nil {
			t.Fatal(err)
		}
		failed := 0
		for i := range 20 {
			if write(fmt.Sprintf("%d, %d without room, %s", round, i, strings.Repeat("y", 3000))) != nil {
				failed++
			}
		}
		if failed == 0 {
			t.Error("a log on a full disk takes everything")
		}
		disk.empty(t)
		if err := write("room again"); err != nil {
			t.Errorf("once there is room: %v", err)
		}
	}
	n.kill(t)
	n.restart(t)
	conn, err := kafka.DialLeader(t.Context(), "tcp", n.addr(), "test", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	first, last, err := conn.ReadOffsets()
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	var found []string
	for at := first; at < last; {
		m, err := conn.ReadMessage(1 << 20)
		if err != nil {
			t.Fatalf("after %d records of %d: %v", len(found), last, err)
		}
		found = append(found, string(m.Value))
		at = m.Offset + 1
	}
	i := 0
	for _, f := range found {
		if i < len(confirmed) && f == confirmed[i] {
			i++
		}
	}
	if i < len(confirmed) {
		t.Errorf("%.60q was confirmed and is gone; %d records are there of %d confirmed", confirmed[i], len(found), len(confirmed))
	}
}
