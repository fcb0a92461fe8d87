//go:build unix && !linux

package localpg

import (
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// attr lets the child run as w, in a process group of its own so that Ctrl-C
// reaches only us. There is no signal for a parent's death here: a server that
// is left behind is stopped by the next Start.
func (w identity) attr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if w.uid != 0 {
		attr.Credential = &syscall.Credential{Uid: uint32(w.uid), Gid: uint32(w.gid)}
	}
	return attr
}

func tryNamespace(identity) error { return errors.ErrUnsupported }

// isServer reports whether process pid is a Postgres server on data.
func isServer(pid int, data string) bool {
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), "-D "+data+" ")
}
