package priority_test

import (
	"os"
	"testing"

	"freshrank/cmd/freshrank/internal/priority"
)

// TestLowerServer: a number that a server names may be another process's here.
func TestLowerServer(t *testing.T) {
	if err := priority.LowerServer(uint32(os.Getpid()), 19); err == nil {
		t.Error("the priority of a process that is no Postgres was lowered")
	}
}
