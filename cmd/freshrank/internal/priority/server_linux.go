package priority

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"
)

// LowerServer adds nice, 0 to 19, to the nice value of the process that serves a
// connection, which the server says is pid. Postgres makes each of its processes a
// session of its own, and a kernel that shares the processors out by session (autogroup)
// looks at the session's value, not at the process's.
//
// It fails if that is no child, on this machine, of the process that listens at the other
// end: a number that a server names may be another process's here.
func LowerServer(conn net.Conn, pid uint32, nice int) error {
	if err := lowerServer(conn, int(pid), nice); err != nil {
		return fmt.Errorf("lower priority of process %d by %d: %w", pid, nice, err)
	}
	return nil
}

func lowerServer(conn net.Conn, pid, nice int) error {
	listener, err := peer(conn)
	if err != nil {
		return err
	}
	proc := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(proc + "/stat")
	if err != nil {
		return err
	}
	var state string
	var parent int
	at := bytes.LastIndexByte(stat, ')') + 1 // the end of its name
	if _, err := fmt.Sscan(string(stat[at:]), &state, &parent); err != nil || parent != listener {
		return fmt.Errorf("its parent is %d, not %d, which listens", parent, listener)
	}
	now, err := syscall.Getpriority(syscall.PRIO_PROCESS, pid)
	if err != nil {
		return err
	}
	now = 20 - now // as the kernel says it
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, pid, min(now+nice, 19)); err != nil {
		return err
	}
	return lowerSession(proc+"/autogroup", nice)
}

// lowerSession sets the nice value of a session, where the kernel has such a thing. It
// takes only one such word in 100 ms, and none for the session that the machine started
// with, in which each process's own value counts.
func lowerSession(file string, nice int) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	for try := 0; ; try++ {
		_, err := f.WriteString(strconv.Itoa(nice))
		if errors.Is(err, syscall.EINVAL) { // sched_group_set_shares, of the root group
			return nil
		}
		if !errors.Is(err, syscall.EAGAIN) || try == 5 {
			return err
		}
		time.Sleep(110 * time.Millisecond)
	}
}

// peer returns the process that listens at the other end of a Unix socket; 0 if it is not
// to be seen from here.
func peer(conn net.Conn) (pid int, err error) {
	c, ok := conn.(*net.UnixConn)
	if !ok {
		return 0, errors.New("it is not behind a Unix socket")
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *syscall.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) {
		cred, failed = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil {
		return 0, err
	}
	if failed != nil {
		return 0, failed
	}
	return int(cred.Pid), nil
}
