package priority

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// Lower gives all threads of this process the nice value nice, 0 to 19; those that are
// made later inherit it. Linux keeps it by thread.
func Lower(nice int) error {
	if nice == 0 {
		return nil
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("lower priority to nice %d: %w", nice, err)
	}
	for _, t := range tasks {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		if err := syscall.Setpriority(syscall.PRIO_PROCESS, id, nice); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("lower priority of thread %d to nice %d: %w", id, nice, err)
		}
	}
	return nil
}
