//go:build !linux

package priority

import (
	"fmt"
	"syscall"
)

// Lower gives this process the nice value nice, 0 to 19.
func Lower(nice int) error {
	if nice == 0 {
		return nil
	}
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, 0, nice); err != nil {
		return fmt.Errorf("lower priority to nice %d: %w", nice, err)
	}
	return nil
}
