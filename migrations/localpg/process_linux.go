package localpg

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// attr lets the child run as w, in a process group of its own so that Ctrl-C
// reaches only us, and shut down should we die.
func (w identity) attr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
	switch {
	case w.namespaced:
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: w.uid, HostID: 0, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: w.gid, HostID: 0, Size: 1}}
	case w.uid != 0:
		attr.Credential = &syscall.Credential{Uid: uint32(w.uid), Gid: uint32(w.gid)}
	}
	return attr
}

// tryNamespace reports why a program cannot be run in a user namespace.
func tryNamespace(w identity) error { return run(command(w, "/bin/true")) }

// isServer reports whether process pid is a Postgres server on data: it was
// started so, or works in that folder. Only the former can be seen of another
// user's process by a root without CAP_SYS_PTRACE, as in a container.
func isServer(pid int, data string) bool {
	process := filepath.Join("/proc", strconv.Itoa(pid))
	line, _ := os.ReadFile(filepath.Join(process, "cmdline")) // none: it has ended
	if bytes.Contains(line, []byte("\x00-D\x00"+data+"\x00")) {
		return true
	}
	cwd, err := os.Readlink(filepath.Join(process, "cwd"))
	return err == nil && cwd == data
}
