package localpg

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// builds are the downloadable versions by the major version they can serve.
var builds = map[int]embedded.PostgresVersion{
	14: embedded.V14, 15: embedded.V15, 16: embedded.V16, 17: embedded.V17, 18: embedded.V18,
}

// download returns a folder with the programs of a Postgres that need not be
// installed: from the cache, or from the network. major 0 is the newest.
func download(major int, log *slog.Logger) (string, error) {
	if major == 0 {
		major = 18
	}
	version, ok := builds[major]
	if !ok {
		return "", fmt.Errorf("there is no download of Postgres %d", major)
	}
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, "postgres-"+string(version))
	folder := filepath.Join(home, "bin")
	// Others may want the same at this moment: one of them downloads.
	lock, err := os.OpenFile(filepath.Join(cache, "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	if majorOf(folder) == major {
		return folder, nil
	}
	log.Warn("no Postgres is installed: downloading one, once", "version", string(version), "folder", home)
	if err := fetch(version, cache, home); err != nil {
		return "", fmt.Errorf("download Postgres %s: %w", version, err)
	}
	return folder, nil
}

// fetch lets the library download and extract. Its Start does more than that: it
// also makes a database, which fails for root, and starts a server on it. So
// what counts is not what Start says but whether the programs are there; they
// are extracted beside home and take its name once they run.
func fetch(version embedded.PostgresVersion, cache, home string) error {
	scratch, err := os.MkdirTemp(cache, "download-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	port, err := freePort()
	if err != nil {
		return err
	}
	programs := filepath.Join(scratch, "programs")
	server := embedded.NewDatabase(embedded.DefaultConfig().
		Version(version).
		Port(port).
		CachePath(filepath.Join(scratch, "archive")).
		BinariesPath(programs).
		RuntimePath(filepath.Join(scratch, "run")).
		DataPath(filepath.Join(scratch, "data")).
		StartTimeout(time.Minute).
		Logger(io.Discard))
	startErr := server.Start()
	http.DefaultClient.CloseIdleConnections() // the library's; they would outlive us
	if startErr == nil {
		if err := server.Stop(); err != nil {
			return err
		}
	}
	if majorOf(filepath.Join(programs, "bin")) == 0 {
		return errors.Join(errors.New("the programs do not run here"), startErr)
	}
	if err := os.RemoveAll(home); err != nil {
		return err
	}
	return os.Rename(programs, home)
}

// cacheFolder lies where the user that runs the server for root can read it.
func cacheFolder() (string, error) {
	base := "/var/cache"
	if os.Geteuid() != 0 {
		var err error
		if base, err = os.UserCacheDir(); err != nil {
			return "", err
		}
	}
	dir := filepath.Join(base, "freshrank")
	return dir, os.MkdirAll(dir, 0o755)
}

func freePort() (uint32, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return uint32(l.Addr().(*net.TCPAddr).Port), nil
}
