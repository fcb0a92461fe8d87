package chaos

import (
	"os/exec"
	"syscall"
)

// dieWithUs has the kernel kill a process, should this one end before it.
func dieWithUs(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
