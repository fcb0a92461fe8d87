// Package migrationstest gives a test the real things: a Postgres with a fresh
// schema, and a log with a fresh topic.
//
// By default a private server and an in-memory broker are started once per test
// binary, when first asked for. FRESHRANK_TEST_DATABASE and
// FRESHRANK_TEST_BROKERS name real ones instead. A package that uses this one
// says in one of its test files:
//
//	func TestMain(m *testing.M) { migrationstest.Main(m) }
package migrationstest

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// The environment that names real services for tests.
const (
	EnvDatabase = "FRESHRANK_TEST_DATABASE" // DSN of a superuser, or of a role with CREATEROLE that may create schemas
	EnvBrokers  = "FRESHRANK_TEST_BROKERS"  // host:port, separated by commas
)

// Main runs the tests, stops what they started, looks for leaked goroutines, and
// exits.
func Main(m *testing.M, options ...goleak.Option) {
	goleak.VerifyTestMain(stopping{m}, options...)
}

type stopping struct{ m *testing.M }

func (s stopping) Run() int {
	code := s.m.Run()
	if err := stopAll(); err != nil {
		fmt.Fprintln(os.Stderr, "stop test services:", err)
		code = max(code, 1)
	}
	return code
}

var running struct {
	sync.Mutex
	stops []func() error
}

// atExit registers what Main must stop.
func atExit(stop func() error) {
	running.Lock()
	defer running.Unlock()
	running.stops = append(running.stops, stop)
}

func stopAll() (err error) {
	running.Lock()
	defer running.Unlock()
	for _, stop := range running.stops {
		err = errors.Join(err, stop())
	}
	running.stops = nil
	return err
}
