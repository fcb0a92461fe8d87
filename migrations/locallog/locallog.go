// Package locallog runs a private log for one process: a single broker that
// speaks Kafka's protocol, for `freshrank up` without --brokers. It keeps its
// records in files and survives SIGKILL with every record it acknowledged, but
// it has no replication, and like Kafka's its writes reach the disk when the
// system finds time: a power failure can lose the last seconds. It is made for
// development; where events matter, use real brokers.
//
// # The folder
//
//	lock   held by the process that runs the broker
//	port   where it listened last; kept so that producers find it again
//	data/  topics and records
//
// It listens on the loopback interface only. Topics are made by whoever needs
// them, as with real brokers.
package locallog

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"

	"freshrank/migrations/folderlock"
)

// ErrInUse is returned for a folder on which a broker runs already.
var ErrInUse = folderlock.ErrInUse

// Log is a running broker.
type Log struct {
	cluster *kfake.Cluster
	lock    *os.File
	addr    string
}

// Start runs a broker on the folder dir, which is created if missing. A nil
// logger discards. The folder is refused while another process runs a broker on
// it.
func Start(dir string, logger *slog.Logger) (*Log, error) {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	l, err := start(dir, logger)
	if err != nil {
		return nil, fmt.Errorf("start private log: %w", err)
	}
	return l, nil
}

func start(dir string, logger *slog.Logger) (_ *Log, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	l := &Log{}
	if l.lock, err = folderlock.Lock(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			l.lock.Close()
		}
	}()
	port, err := lastPort(dir)
	if err != nil {
		return nil, err
	}
	l.cluster, err = open(dir, port, logger)
	if port != 0 && errors.Is(err, syscall.EADDRINUSE) {
		logger.Warn("the log's port is taken by another program: listening elsewhere", "port", port)
		l.cluster, err = open(dir, 0, logger)
	}
	if err != nil {
		return nil, err
	}
	l.addr = l.cluster.ListenAddrs()[0]
	if err := keepPort(dir, l.addr); err != nil {
		l.cluster.Close()
		return nil, err
	}
	return l, nil
}

func open(dir string, port int, logger *slog.Logger) (*kfake.Cluster, error) {
	return kfake.NewCluster(
		kfake.DataDir(filepath.Join(dir, "data")),
		kfake.Ports(port),
		kfake.ClusterID("freshrank"),
		kfake.WithLogger(toSlog{logger}))
}

// Addr returns where producers and consumers connect: host:port.
func (l *Log) Addr() string { return l.addr }

// Stop ends the broker; every record stays.
func (l *Log) Stop() error {
	l.cluster.Close()
	return l.lock.Close()
}

// Addr returns the address of the broker that some process runs, or ran last, on
// the folder dir.
func Addr(dir string) (string, error) {
	port, err := lastPort(dir)
	if err == nil && port == 0 {
		err = fmt.Errorf("no broker ever ran on %s", dir)
	}
	if err != nil {
		return "", fmt.Errorf("find private log: %w", err)
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), nil
}

// toSlog hands on what the broker says when something is wrong.
type toSlog struct{ *slog.Logger }

func (l toSlog) Logf(level kfake.LogLevel, format string, args ...any) {
	switch level {
	case kfake.LogLevelError:
		l.Error("private log: " + fmt.Sprintf(format, args...))
	case kfake.LogLevelWarn:
		l.Warn("private log: " + fmt.Sprintf(format, args...))
	}
}
