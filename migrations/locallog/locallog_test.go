package locallog_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"go.uber.org/goleak"

	"freshrank/migrations/locallog"
	"freshrank/migrations/topics"
)

const (
	topic    = "test"
	childDir = "FRESHRANK_LOCALLOG_TEST_DIR" // set: this process is the child
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// child runs a log and writes records until it is killed; it prints the number
// of each record once the log has acknowledged it.
func child(dir string) error {
	l, err := locallog.Start(dir, nil)
	if err != nil {
		return err
	}
	ctx := context.Background()
	if _, err := topics.Ensure(ctx, topics.Options{Brokers: []string{l.Addr()}, Partitions: 2}, topic); err != nil {
		return err
	}
	w := &kafka.Writer{Addr: kafka.TCP(l.Addr()), Topic: topic, BatchTimeout: time.Millisecond, RequiredAcks: kafka.RequireAll}
	for i := 0; ; i++ {
		if err := w.WriteMessages(ctx, kafka.Message{Value: fmt.Append(nil, i)}); err != nil {
			return err
		}
		fmt.Println(i)
	}
}

// Twice in a row, on the same folder: every acknowledged record is there after
// SIGKILL, at the same address.
func TestRecordsSurviveKill(t *testing.T) {
	dir := t.TempDir()
	addr, acknowledged := "", 0
	for range 2 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			acknowledged++
			if n == 100 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // killed
		if addr == "" {
			if addr, err = locallog.Addr(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	if acknowledged < 200 {
		t.Fatalf("the child acknowledged %d records", acknowledged)
	}

	l, err := locallog.Start(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if l.Addr() != addr {
		t.Errorf("the log moved from %s to %s", addr, l.Addr())
	}
	if n := records(t, l.Addr()); n < acknowledged {
		t.Errorf("%d records of %d acknowledged ones", n, acknowledged)
	}
	if err := l.Stop(); err != nil {
		t.Error(err)
	}
}

// records returns how many records the topic holds.
func records(t *testing.T, addr string) (n int) {
	t.Helper()
	for partition := range 2 {
		conn, err := kafka.DialLeader(t.Context(), "tcp", addr, topic, partition)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		first, last, err := conn.ReadOffsets()
		if err != nil {
			t.Fatal(err)
		}
		if first == last {
			continue
		}
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		for offset := first; offset < last; n++ {
			m, err := conn.ReadMessage(1 << 20)
			if err != nil {
				t.Fatal(err)
			}
			offset = m.Offset + 1
		}
	}
	return n
}

func TestSecondInstance(t *testing.T) {
	dir := t.TempDir()
	l, err := locallog.Start(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := locallog.Start(dir, nil); !errors.Is(err, locallog.ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second instance: %v", err)
	}
	if err := l.Stop(); err != nil {
		t.Fatal(err)
	}
	if l, err = locallog.Start(dir, nil); err != nil {
		t.Fatalf("after the first one ended: %v", err)
	}
	if err := l.Stop(); err != nil {
		t.Fatal(err)
	}
}

func TestPort(t *testing.T) {
	dir := t.TempDir()
	if _, err := locallog.Addr(dir); err == nil {
		t.Error("an address without a broker")
	}
	// Another program took the port meanwhile.
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, port, _ := net.SplitHostPort(other.Addr().String())
	if err := os.WriteFile(filepath.Join(dir, "port"), []byte(port), 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := locallog.Start(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if l.Addr() == other.Addr().String() {
		t.Error("two programs on one port")
	}
	if addr, err := locallog.Addr(dir); err != nil || addr != l.Addr() {
		t.Errorf("remembered %s, error %v; want %s", addr, err, l.Addr())
	}
	if err := l.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "port"), []byte("http"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := locallog.Start(dir, nil); err == nil || !strings.Contains(err.Error(), `"http"`) {
		t.Errorf("an odd port: %v", err)
	}
}
