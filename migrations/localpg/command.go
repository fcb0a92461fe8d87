package localpg

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// command prepares a program of Postgres to be run by who. Nothing of the
// user's environment is handed on: PGPORT, PGDATA and the locale would change
// what the server does.
func command(who identity, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = who.attr()
	return cmd
}

// run runs a program to its end and returns what it said as an error.
func run(cmd *exec.Cmd) error {
	runtime.LockOSThread() // see launch
	defer runtime.UnlockOSThread()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, strings.TrimSpace(out.String()))
	}
	return nil
}

func initdb(_ context.Context, binaries, data string, who identity, opts Options) error {
	args := []string{
		"--pgdata=" + data, "--username=" + Superuser, "--auth=trust",
		"--encoding=UTF8", "--locale=C", // bytes decide the order, as in the files
		"--no-instructions",
	}
	if opts.NoSync {
		args = append(args, "--no-sync")
	}
	return run(command(who, filepath.Join(binaries, "initdb"), args...))
}

// serverArgs returns the server's whole configuration; postgresql.conf stays as
// initdb made it.
func serverArgs(dir string, opts Options) []string {
	buffers := cmp.Or(opts.SharedBuffers, 512<<20)
	settings := []string{
		"listen_addresses=", "port=5432",
		"unix_socket_directories=" + socketPath(dir), "unix_socket_permissions=0700",
		"max_connections=100",
		fmt.Sprintf("shared_buffers=%dMB", buffers>>20), "maintenance_work_mem=128MB", "max_wal_size=1GB",
		// A generation's table is made and filled in one transaction; at this
		// level that skips the WAL.
		"wal_level=minimal", "max_wal_senders=0",
		"jit=off",
		"autovacuum_naptime=10s", // the speed layer replaces its rows many times a minute
		"timezone=UTC", "log_timezone=UTC",
	}
	if opts.NoSync {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	args := []string{"-D", dataPath(dir)}
	for _, s := range append(settings, opts.Settings...) {
		args = append(args, "-c", s)
	}
	return args
}
