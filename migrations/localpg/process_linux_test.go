package localpg

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A server is known by its command line: of another user's process a root
// without CAP_SYS_PTRACE learns no more.
func TestIsServer(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	cmd := exec.Command("/bin/sh", "-c", "sleep 60; exit", "postgres", "-D", data, "-c", "port=5432")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // sleep, too
		_ = cmd.Wait()
	}()
	for begun := time.Now(); !isServer(cmd.Process.Pid, data); time.Sleep(time.Millisecond) {
		if time.Since(begun) > 10*time.Second { // the child has not called exec yet
			t.Fatal("not recognised")
		}
	}
	if isServer(cmd.Process.Pid, filepath.Dir(data)) || isServer(os.Getpid(), data) {
		t.Error("a stranger is taken for the server")
	}
}
