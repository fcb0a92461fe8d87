package boot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("BOOT_TEST_HOLD"); dir != "" {
		hold(dir)
	}
	goleak.VerifyTestMain(m)
}

// hold locks a folder until standard input ends; it is another process.
func hold(dir string) {
	l, err := Acquire(dir)
	if err != nil {
		fmt.Println(err)
		os.Exit(ExitCode(err))
	}
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = l.Release()
	os.Exit(0)
}

func TestLockNamesFolderAndProcess(t *testing.T) {
	dir := t.TempDir()
	if Held(dir) {
		t.Error("a fresh folder is held")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "BOOT_TEST_HOLD="+dir)
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 5)
	if _, err := io.ReadFull(out, line); err != nil || string(line) != "held\n" {
		t.Fatalf("the other process said %q, error %v", line, err)
	}
	_, err := Acquire(dir)
	if ExitCode(err) != ExitLocked || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), fmt.Sprint(cmd.Process.Pid)) {
		t.Errorf("error %v (code %d), want one that names %s and %d", err, ExitCode(err), dir, cmd.Process.Pid)
	}
	if !Held(dir) {
		t.Error("the folder does not count as held")
	}
	_ = in.Close()
	_, _ = io.ReadAll(out)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	l, err := Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
}

func TestRuntimeIsWorthNothingWithoutTheLock(t *testing.T) {
	dir := t.TempDir()
	want := Runtime{API: "http://127.0.0.1:1", Brokers: []string{"a:1"}, Database: "postgres:///x"}
	if err := want.Write(dir); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := ReadRuntime(dir); ok || err != nil {
		t.Errorf("read without a lock: %v, %v", ok, err)
	}
	l, err := Acquire(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Release() }()
	got, ok, err := ReadRuntime(dir)
	if err != nil || !ok || got.API != want.API || got.Brokers[0] != "a:1" {
		t.Errorf("read %+v, %v, %v", got, ok, err)
	}
}

func TestGroupFirstErrorStopsAll(t *testing.T) {
	boom := errors.New("boom")
	stopped := false
	err := RunGroup(t.Context(),
		Part{Name: "bad", Run: func(context.Context) error { return boom }},
		Part{Name: "good", Run: func(ctx context.Context) error { <-ctx.Done(); stopped = true; return ctx.Err() }})
	if !errors.Is(err, boom) || !strings.Contains(err.Error(), "run bad") || !stopped {
		t.Errorf("error %v, other part stopped: %v", err, stopped)
	}
}

func TestGroupEndOfContextIsNoError(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := RunGroup(ctx, Part{Name: "a", Run: func(ctx context.Context) error { cancel(); <-ctx.Done(); return ctx.Err() }})
	if err != nil {
		t.Error(err)
	}
}

func TestGroupTellsOfAFailedDrain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := RunGroup(ctx, Part{Name: "a", Run: func(ctx context.Context) error { cancel(); <-ctx.Done(); return errors.New("requests cut") }})
	if err == nil {
		t.Error("a part that could not end in good order is no error")
	}
}

func TestGroupPartThatEndsIsAnError(t *testing.T) {
	if err := RunGroup(t.Context(), Part{Name: "a", Run: func(context.Context) error { return nil }}); err == nil {
		t.Error("a part that ended early is no error")
	}
}

func TestExitCodes(t *testing.T) {
	for code, err := range map[int]error{ExitOK: nil, ExitFailed: errors.New("x"), ExitUsage: fmt.Errorf("a: %w", Usagef("b")), ExitLocked: Locked(errors.New("c"))} {
		if got := ExitCode(err); got != code {
			t.Errorf("ExitCode(%v) = %d, want %d", err, got, code)
		}
	}
}

func TestLoggerTellsUnits(t *testing.T) {
	for text, want := range map[bool]string{false: `"took_seconds":1.5}`, true: "took=1.5s\n"} {
		var out strings.Builder
		newLogger(&out, slog.LevelInfo, text).Info("hello", "took", 1500*time.Millisecond)
		if !strings.Contains(out.String(), want) {
			t.Errorf("text %v: %q, want %q", text, out.String(), want)
		}
	}
}

func TestLoggerIsJSONAndUTC(t *testing.T) {
	var out strings.Builder
	newLogger(&out, slog.LevelInfo, false).Info("hello", "n", 1)
	if s := out.String(); !strings.Contains(s, `"msg":"hello","n":1`) || !strings.Contains(s, `Z","level"`) {
		t.Errorf("logged %s", s)
	}
}

// TestLogInjection: whatever is logged, it stays within its line and cannot speak
// to a terminal.
func TestLogInjection(t *testing.T) {
	evil := "x\nlevel=ERROR msg=forged\r\x1b[2J\u2028\x00\"} {\"level\":\"ERROR\"\u009b2J\x7f\u202e\u2066\U000e0041\u00ad\xff"
	for _, text := range []bool{true, false} {
		var out strings.Builder
		newLogger(&out, slog.LevelInfo, text).With("layer", evil).Info(evil, "error", errors.New(evil), evil, evil)
		s := out.String()
		line, whole := strings.CutSuffix(s, "\n")
		if !whole || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("text %v: logged %q", text, s)
		}
		var said map[string]any
		if text {
			continue
		}
		if err := json.Unmarshal([]byte(s), &said); err != nil || said["msg"] != strings.ToValidUTF8(evil, "\uFFFD") {
			t.Errorf("logged %q, %v", s, err)
		}
	}
}

func TestRegistryNamesTheBuild(t *testing.T) {
	all, err := Registry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		if m.GetName() == "freshrank_build_info" {
			return
		}
	}
	t.Error("freshrank_build_info is missing")
}

func TestNoLockInABucket(t *testing.T) {
	t.Chdir(t.TempDir())
	for range 2 {
		lock, err := Acquire("s3://bucket/prefix")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = lock.Release() }()
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
