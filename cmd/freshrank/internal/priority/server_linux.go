package priority

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// LowerServer gives a Postgres process of this machine the nice value nice, 0 to 19.
// Postgres makes each of its processes a session of its own, and a kernel that shares
// the processors out by session (autogroup) looks at the session's value, not at the
// process's. It fails if the process is no Postgres, or belongs to somebody else.
func LowerServer(pid uint32, nice int) error {
	proc := "/proc/" + strconv.FormatUint(uint64(pid), 10)
	if name, err := os.ReadFile(proc + "/comm"); err != nil || !bytes.Equal(bytes.TrimSpace(name), []byte("postgres")) {
		return fmt.Errorf("lower priority of process %d: it is no Postgres here", pid)
	}
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, int(pid), nice); err != nil {
		return fmt.Errorf("lower priority of process %d: %w", pid, err)
	}
	err := os.WriteFile(proc+"/autogroup", []byte(strconv.Itoa(nice)), 0)
	if err != nil && !os.IsNotExist(err) { // a kernel without
		return fmt.Errorf("lower priority of process %d: %w", pid, err)
	}
	return nil
}
