package priority_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"freshrank/cmd/freshrank/internal/priority"
)

// TestLower looks at every thread, those that are made afterwards included.
func TestLower(t *testing.T) {
	const nice = "5"
	if err := priority.Lower(5); err != nil {
		t.Fatal(err)
	}
	for range 32 { // threads of their own
		go func() { _, _ = os.ReadFile("/proc/self/status") }()
	}
	stats, err := filepath.Glob("/proc/self/task/*/stat")
	if err != nil || len(stats) == 0 {
		t.Fatal(stats, err)
	}
	for _, file := range stats {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		if f := strings.Fields(rest); f[16] != nice { // field 19, see proc(5)
			t.Errorf("%s: nice %s, want %s", file, f[16], nice)
		}
	}
}
