package priority_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"freshrank/cmd/freshrank/internal/priority"
)

// TestLowerServer: a child of the process that listens becomes nicer than it was, and no
// other process: a number that a server names may be another's here.
func TestLowerServer(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// A session of its own, as Postgres's processes are, and one of this session, which
	// may be the one that the machine started with.
	var child *exec.Cmd
	for _, own := range []bool{false, true} {
		child = exec.Command("sleep", "60")
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: own}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = child.Process.Kill(); _ = child.Wait() }()
		before := nice(t, child.Process.Pid)
		if err := priority.LowerServer(conn, uint32(child.Process.Pid), 3); err != nil {
			t.Fatal(err)
		}
		if now := nice(t, child.Process.Pid); now != min(before+3, 19) {
			t.Errorf("nice %d after %d, want 3 more", now, before)
		}
	}
	group, err := os.ReadFile("/proc/" + strconv.Itoa(child.Process.Pid) + "/autogroup")
	if err == nil && len(group) > 0 && !strings.HasSuffix(string(group), " nice 3\n") {
		t.Errorf("session %q, want nice 3", group)
	}
	for _, pid := range []int{os.Getpid(), os.Getppid(), 1} {
		if err := priority.LowerServer(conn, uint32(pid), 3); err == nil {
			t.Errorf("process %d was lowered, which is no child of %d", pid, os.Getpid())
		}
	}
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	if err := priority.LowerServer(here, uint32(child.Process.Pid), 3); err == nil {
		t.Error("the process of a connection that is no Unix socket was lowered")
	}
}

// nice returns the nice value of a process.
func nice(t *testing.T, pid int) int {
	t.Helper()
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	n, err := strconv.Atoi(strings.Fields(rest)[16]) // field 19, see proc(5)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
