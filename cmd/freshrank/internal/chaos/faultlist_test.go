package chaos

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// faultList gathers what is wrong, from all goroutines.
type faultList struct {
	mu      sync.Mutex
	list    []string
	trouble atomic.Bool // something is broken on purpose, or has not recovered yet
	excused atomic.Int64
}

// add notes what nothing excuses.
func (f *faultList) add(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = append(f.list, fmt.Sprintf(format, args...))
}

// failed notes what only trouble excuses.
func (f *faultList) failed(format string, args ...any) {
	if f.trouble.Load() {
		f.excused.Add(1)
		return
	}
	f.add("though nothing was broken: "+format, args...)
}

// take returns all faults and forgets them.
func (f *faultList) take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := f.list
	f.list = nil
	return list
}
