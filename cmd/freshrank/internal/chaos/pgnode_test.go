package chaos

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"freshrank/migrations/localpg"
)

// pgNode is a private Postgres that can be killed, all of it at once, and comes back with
// what it has committed. It waits for the disk as it does in production.
type pgNode struct {
	dir    string
	server *localpg.Server
}

// start makes a database in a folder, which the test should have from
// [migrationstest.Dir]; it ends with the test.
func (n *pgNode) start(t *testing.T, dir string) {
	t.Helper()
	n.dir = dir
	n.restart(t)
	t.Cleanup(func() { n.stop(t) })
}

// addr returns the socket, for a proxy to lead to. Who connects needs no password.
func (n *pgNode) addr() string {
	host, _, _ := strings.Cut(strings.TrimPrefix(n.server.DSN("", ""), "host="), " ")
	return filepath.Join(host, ".s.PGSQL.5432")
}

// dsn returns a DSN of the owner by way of a proxy.
func (n *pgNode) dsn(p *proxy) string {
	return "postgres://" + localpg.Superuser + "@" + p.addr() + "/" + localpg.Database + "?sslmode=disable"
}

// restart starts the database after kill or stop.
func (n *pgNode) restart(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var err error
	if n.server, err = localpg.Start(ctx, n.dir, localpg.Options{}); err != nil {
		t.Fatal(err)
	}
}

// kill ends every process of the database by kill -9.
func (n *pgNode) kill(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(n.dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	postmaster, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		t.Fatal(err)
	}
	_ = syscall.Kill(postmaster, syscall.SIGSTOP) // or it would see to its children, or have more
	for _, pid := range append(childrenOf(postmaster), postmaster) {
		_ = syscall.Kill(pid, syscall.SIGKILL) // one that has ended meanwhile is dead, too
	}
	<-n.server.Exited()
	n.stop(t)
}

// stop shuts the database down, if it runs.
func (n *pgNode) stop(t *testing.T) {
	t.Helper()
	if n.server == nil {
		return // it did not start
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := n.server.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// childrenOf returns the processes that a process has started, where the system has /proc;
// elsewhere they see to their own end when the parent's is gone.
func childrenOf(parent int) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state ppid …, and the name may hold anything
		fields := strings.Fields(string(text[strings.LastIndex(string(text), ")")+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}
