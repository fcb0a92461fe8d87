package localpg

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func dataPath(dir string) string { return filepath.Join(dir, "data") }
func logPath(dir string) string  { return filepath.Join(dir, "postgres.log") }

// resolve returns one name for the folder, however a caller reached it.
func resolve(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

// plain paths need no quoting in a connection string or a Postgres setting.
var plain = regexp.MustCompile(`^[A-Za-z0-9/._-]+$`)

// maxSocketPath is what fits into sun_path on every system, less the socket's
// own name and a terminating zero.
const maxSocketPath = 104 - len("/.s.PGSQL.5432") - 1

// socketPath is the folder of the server's socket, a function of dir alone so
// that other processes find it.
func socketPath(dir string) string {
	if p := filepath.Join(dir, "socket"); len(p) <= maxSocketPath && plain.MatchString(p) {
		return p
	}
	sum := sha256.Sum256([]byte(dir))
	return fmt.Sprintf("/tmp/freshrank-%x", sum[:8])
}

func dsn(dir, role, db string) string {
	if role == "" {
		role = Superuser
	}
	if db == "" {
		db = Database
	}
	return fmt.Sprintf("host=%s port=5432 user=%s dbname=%s sslmode=disable", socketPath(dir), role, db)
}

// prepare makes the folders, owned by whoever runs the server, and the database
// if there is none.
func prepare(ctx context.Context, dir, binaries string, who identity, opts Options) error {
	if who.uid != 0 && !who.namespaced { // another user must pass through
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if err := os.Chmod(dir, info.Mode().Perm()|0o011); err != nil {
			return err
		}
	}
	if err := makeSocketFolder(socketPath(dir), who); err != nil {
		return err
	}
	data := dataPath(dir)
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err == nil {
		return who.own(data)
	}
	// initdb writes PG_VERSION early: under a name of its own, a half-made
	// database is never taken for a whole one.
	half := data + ".new"
	if err := os.RemoveAll(half); err != nil {
		return err
	}
	if err := os.Mkdir(half, 0o700); err != nil {
		return err
	}
	if err := who.own(half); err != nil {
		return err
	}
	opts.Logger.InfoContext(ctx, "making a private Postgres database", "folder", data)
	if err := initdb(ctx, binaries, half, who, opts); err != nil {
		return err
	}
	return os.Rename(half, data)
}

// makeSocketFolder makes a folder nobody else can enter. No server runs on dir
// now, so one that exists is a leftover. In /tmp it could be a stranger's trap:
// then it cannot be removed, or Mkdir fails.
func makeSocketFolder(path string, who identity) error {
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	return who.own(path)
}

// openLog appends to the server's log, or starts anew when it has grown large.
func openLog(dir string) (*os.File, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if info, err := os.Stat(logPath(dir)); err == nil && info.Size() > 16<<20 {
		flags |= os.O_TRUNC
	}
	return os.OpenFile(logPath(dir), flags, 0o600) // it quotes statements
}

// logTail returns the last lines of the log, for an error message.
func logTail(dir string) string {
	f, err := os.Open(logPath(dir))
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.Size() > 2000 {
		_, _ = f.Seek(-2000, io.SeekEnd)
	}
	b, _ := io.ReadAll(f)
	return strings.TrimSpace(string(b))
}
