package chaos

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"

	"freshrank/migrations/locallog"
)

// logNode is a log that can be killed and comes back at its address with what it has
// acknowledged.
type logNode interface {
	start(t *testing.T, dir string) // it ends with the test
	addr() string
	kill(t *testing.T)    // kill -9
	restart(t *testing.T) // on the same folder, after kill or stop
	stop(t *testing.T)    // in good order
}

// server is a process that serves from a folder.
type server struct {
	command func(dir string) *exec.Cmd
	address func(dir string) (string, error)
	dir, at string
	cmd     *exec.Cmd
	exited  chan struct{}
}

func (s *server) start(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.dir = dir
	s.restart(t)
	t.Cleanup(func() {
		select {
		case <-s.exited:
		default:
			_ = s.cmd.Process.Kill()
			<-s.exited
		}
	})
}

func (s *server) addr() string { return s.at }

func (s *server) restart(t *testing.T) {
	t.Helper()
	out, err := os.OpenFile(filepath.Join(s.dir, "out"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd, exited := s.command(s.dir), make(chan struct{})
	cmd.Stdout, cmd.Stderr = out, out
	dieWithUs(cmd)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait()
		close(exited)
	}()
	s.cmd, s.exited = cmd, exited
	s.ready(t)
}

// ready waits until the broker leads what it has.
func (s *server) ready(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		at, err := s.address(s.dir)
		if err == nil {
			s.at = at
			err = answers(at)
		}
		if err == nil {
			return
		}
		select {
		case <-s.exited:
			t.Fatalf("the log ended by itself:\n%s", s.said())
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("the log does not start: %v\n%s", err, s.said())
		}
	}
}

// answers asks a broker for its topics. A transport that has met nobody waits before it
// looks again: each attempt has its own.
func answers(at string) error {
	conn, err := net.DialTimeout("tcp", at, time.Second)
	if err != nil {
		return err
	}
	conn.Close()
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err = (&kafka.Client{Addr: kafka.TCP(at), Transport: transport}).Metadata(ctx, &kafka.MetadataRequest{})
	return err
}

func (s *server) said() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "out"))
	return string(b[max(0, len(b)-4000):])
}

func (s *server) kill(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.exited
}

func (s *server) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.exited:
	case <-time.After(time.Minute):
		_ = s.cmd.Process.Kill()
		<-s.exited
		t.Errorf("the log did not stop within a minute\n%s", s.said())
	}
}

// newKafka is a real Apache Kafka.
func newKafka() logNode {
	return &server{
		command: func(dir string) *exec.Cmd { return exec.Command("../../../../deploy/kafka-test/run", "--node", dir) },
		address: func(dir string) (string, error) {
			b, err := os.ReadFile(filepath.Join(dir, "brokers"))
			return strings.TrimSpace(string(b)), err
		},
	}
}

// logFolder set: this process is an embedded log on that folder, and nothing else.
const logFolder = "FRESHRANK_TEST_CHAOS_LOG"

// newLocalLog is the log that `freshrank up` embeds, in a process of its own: this test
// binary.
func newLocalLog() logNode {
	return &server{
		command: func(dir string) *exec.Cmd {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), logFolder+"="+dir)
			return cmd
		},
		address: locallog.Addr,
	}
}

func init() {
	dir := os.Getenv(logFolder)
	if dir == "" {
		return
	}
	if err := serveLog(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// serveLog runs an embedded log until SIGTERM.
func serveLog(dir string) error {
	ended, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	l, err := locallog.Start(dir, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	<-ended.Done()
	return l.Stop()
}
