package chaos

import (
	"io"
	"syscall"
	"testing"

	"freshrank/cmd/freshrank/internal/processtest"
)

// layer is a process of the system, and the proxies through which it reaches Postgres
// and the log.
type layer struct {
	*processtest.Process
	name    string
	args    []string
	more    []string // of args: what its kind is given besides
	db, log *proxy
	down    bool // on purpose
}

// start runs it, after kill, stop or for the first time.
func (l *layer) start(t *testing.T) {
	t.Helper()
	l.Process, l.down = processtest.Spawn(t, io.Discard, l.args...), false
}

// kill is kill -9.
func (l *layer) kill(t *testing.T) {
	t.Helper()
	l.down = true
	l.Kill(t)
}

// stop asks it to end, which it must do well; one that has not begun yet simply ends.
func (l *layer) stop(t *testing.T) {
	t.Helper()
	l.down = true
	_ = l.Cmd.Process.Signal(syscall.SIGTERM)
	l.Wait(t, patience)
	begun := l.Output.String() != ""
	if status := l.Cmd.ProcessState; status.ExitCode() != 0 && (begun || status.ExitCode() != -1) {
		t.Errorf("freshrank %s ended with %v\n%s", l.name, status, l.Output)
	}
}

// pause is SIGSTOP: it neither runs nor notices.
func (l *layer) pause() { _ = l.Cmd.Process.Signal(syscall.SIGSTOP) }

// resume ends pause.
func (l *layer) resume() { _ = l.Cmd.Process.Signal(syscall.SIGCONT) }

// ended reports whether it ended by itself.
func (l *layer) ended() bool {
	select {
	case <-l.Done:
		return !l.down
	default:
		return false
	}
}

// heal mends its connections.
func (l *layer) heal() {
	l.db.heal()
	l.log.heal()
}
