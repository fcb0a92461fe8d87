package chaos

import (
	"flag"
	"testing"
	"time"

	"freshrank/cmd/freshrank/internal/processtest"
)

// What `make chaos` says; by default a few schedules on the embedded log.
var (
	seed      = flag.Uint64("seed", 0, "of the random schedules; 0: by the clock")
	schedules = flag.Int("schedules", 3, "random schedules to run")
	perStack  = flag.Int("per-stack", 25, "schedules after which a new system is set up")
	full      = flag.Bool("full", false, "the tests that take minutes, too")
	apache    = flag.Bool("kafka", false, "a real Apache Kafka instead of the embedded log")
)

func TestMain(m *testing.M) { processtest.Main(m) }

// chosenSeed returns the seed that was asked for.
func chosenSeed() uint64 {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano()) % 1_000_000_000
	}
	return *seed
}

// onlyFull skips a test that `make test` has no time for.
func onlyFull(t *testing.T) {
	t.Helper()
	if !*full {
		t.Skip("takes minutes: make chaos")
	}
}
