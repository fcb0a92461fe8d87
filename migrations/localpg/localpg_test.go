package localpg_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"freshrank/migrations/localpg"
)

const childDir = "FRESHRANK_LOCALPG_TEST_DIR" // set: this process is the child

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

// child runs a server and commits rows until it is killed; it prints the number
// of each row once it is committed.
func child(dir string) error {
	ctx := context.Background()
	s, err := localpg.Start(ctx, dir, localpg.Options{})
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, s.DSN("", ""))
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS row (n int)"); err != nil {
		return err
	}
	for i := 0; ; i++ {
		if _, err := conn.Exec(ctx, "INSERT INTO row (n) VALUES ($1)", i); err != nil {
			return err
		}
		fmt.Println(i)
	}
}

func start(t *testing.T, dir string) *localpg.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, err := localpg.Start(ctx, dir, localpg.Options{NoSync: true})
	if err != nil {
		if strings.Contains(err.Error(), "no user namespaces") {
			t.Skip(err) // some containers, as root
		}
		t.Fatal(err)
	}
	return s
}

func stop(t *testing.T, s *localpg.Server) {
	t.Helper()
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func query[T any](t *testing.T, dsn, sql string) (v T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if err := conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// folders is where a server must run: as root, also where the user who runs it
// cannot go, as in /root; and where the socket's path would be too long or odd.
func folders(t *testing.T) map[string]string {
	shared, private := t.TempDir(), t.TempDir()
	for p := shared; strings.HasPrefix(p, os.TempDir()) && p != os.TempDir(); p = filepath.Dir(p) {
		if err := os.Chmod(p, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(private, 0o700); err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"plain":   filepath.Join(shared, "pg"),
		"private": filepath.Join(private, "pg"),
		"long":    filepath.Join(shared, strings.Repeat("long", 30), "pg"),
		"odd":     filepath.Join(shared, "it's, a \\folder = here"),
	}
}

func TestStartStopStart(t *testing.T) {
	for name, dir := range folders(t) {
		t.Run(name, func(t *testing.T) {
			s := start(t, dir)
			if got := query[string](t, s.DSN("", ""), "SELECT current_database() || ' ' || current_user"); got != "freshrank postgres" {
				t.Errorf("connected to %s", got)
			}
			execute(t, s.DSN("", ""), "CREATE TABLE kept AS SELECT 42 AS n")
			stop(t, s)
			<-s.Exited()

			s = start(t, dir)
			defer stop(t, s)
			other, err := localpg.DSN(dir, "", "")
			if err != nil || other != s.DSN("", "") {
				t.Errorf("another process finds %q (error %v), the server is at %q", other, err, s.DSN("", ""))
			}
			if got := query[int](t, other, "SELECT n FROM kept"); got != 42 {
				t.Errorf("kept %d", got)
			}
		})
	}
}

func execute(t *testing.T, dsn, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// A parent that is killed takes its server with it, at once or at the next
// start; what was committed stays.
func TestRowsSurviveKill(t *testing.T) {
	for _, name := range []string{"plain", "private"} {
		t.Run(name, func(t *testing.T) {
			dir := folders(t)[name]
			stop(t, start(t, dir))
			committed := 0
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
					committed++
					if n == 20 {
						if err := cmd.Process.Kill(); err != nil {
							t.Fatal(err)
						}
					}
				}
				_ = cmd.Wait() // killed
			}
			s := start(t, dir)
			defer stop(t, s)
			if got := query[int](t, s.DSN("", ""), "SELECT count(*) FROM row"); got < committed || committed < 40 {
				t.Errorf("%d rows, %d were committed", got, committed)
			}
		})
	}
}

func TestSecondInstance(t *testing.T) {
	dir := folders(t)["plain"]
	s := start(t, dir)
	defer stop(t, s)
	_, err := localpg.Start(t.Context(), dir, localpg.Options{})
	if !errors.Is(err, localpg.ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("a second instance: %v", err)
	}
}

func TestForeignVersion(t *testing.T) {
	dir := folders(t)["plain"]
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data", "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := localpg.Start(t.Context(), dir, localpg.Options{})
	if err == nil || !strings.Contains(err.Error(), "made by Postgres 9") {
		t.Errorf("a database of another version: %v", err)
	}
}

// A stale postmaster.pid that names some other living process must not keep the
// server from starting.
func TestStalePID(t *testing.T) {
	dir := folders(t)["plain"]
	stop(t, start(t, dir))
	pid := fmt.Sprintf("%d\n%s/data\n0\n5432\n\n\n", os.Getpid(), dir)
	if err := os.WriteFile(filepath.Join(dir, "data", "postmaster.pid"), []byte(pid), 0o644); err != nil {
		t.Fatal(err)
	}
	stop(t, start(t, dir))
}

// A server that was killed may leave a process behind that takes its time to end. The next
// one waits for it.
func TestLeftBehind(t *testing.T) {
	dir := folders(t)["plain"]
	s := start(t, dir)
	backend := query[int](t, s.DSN("", ""), "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")
	for _, step := range []struct {
		pid int
		sig syscall.Signal
	}{{backend, syscall.SIGSTOP}, {postmaster(t, dir), syscall.SIGKILL}} {
		if err := syscall.Kill(step.pid, step.sig); err != nil {
			t.Fatal(err)
		}
	}
	<-s.Exited()
	stop(t, s)
	log := filepath.Join(dir, "postgres.log")
	go func() { // once the next one has been refused
		for t.Context().Err() == nil {
			if text, _ := os.ReadFile(log); strings.Contains(string(text), "pre-existing shared memory") {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		_ = syscall.Kill(backend, syscall.SIGKILL)
	}()
	stop(t, start(t, dir))
}

func postmaster(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// The server ends when it is told to, even with clients connected; and a caller
// learns when it ends by itself.
func TestStopWithClients(t *testing.T) {
	s := start(t, folders(t)["plain"])
	conn, err := pgx.Connect(t.Context(), s.DSN("", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	stop(t, s)
	select {
	case <-s.Exited():
	default:
		t.Error("Stop returned before the server was gone")
	}
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("the client is still served")
	}
	stop(t, s) // once more is harmless
}

// Whoever stopped a server long ago must not take the folder from the one that
// runs there now.
func TestStopTwice(t *testing.T) {
	dir := folders(t)["plain"]
	old := start(t, dir)
	stop(t, old)
	s := start(t, dir)
	defer stop(t, s)
	stop(t, old)
	if got := query[int](t, s.DSN("", ""), "SELECT 7"); got != 7 {
		t.Errorf("got %d", got)
	}
}

// A folder that is nobody else's business stays so: its user's, if that runs the
// server, and what the server's log says.
func TestModes(t *testing.T) {
	dir := folders(t)["plain"]
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	stop(t, start(t, dir))
	want := map[string]os.FileMode{dir: 0o711, filepath.Join(dir, "postgres.log"): 0o600}
	if os.Geteuid() != 0 {
		want[dir] = 0o700
	}
	for path, mode := range want {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode().Perm(), err, mode)
		}
	}
}
