package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"freshrank/batch"
	"freshrank/batch/archive"
	"freshrank/batch/linkfile"
	"freshrank/batch/schedule"
	batchview "freshrank/batch/view"
	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/config"
	"freshrank/cmd/freshrank/internal/room"
	"freshrank/migrations/localpg"
	"freshrank/pagerank/link"
	"freshrank/serving"
	"freshrank/serving/api"
	"freshrank/serving/submit"
	servingview "freshrank/serving/view"
	"freshrank/speed"
	"freshrank/speed/feed"
	speedview "freshrank/speed/view"
)

// wiring is what the layers of a process share.
type wiring struct {
	*services
	dir      *linkfile.Dir // nil: serving alone has none
	topics   config.Log
	limits   link.Limits
	log      *slog.Logger
	registry *prometheus.Registry
	closers  []func() error // in the order of opening
}

func newWiring(s *services, dir *linkfile.Dir, l config.Log, limits config.Limits, log *slog.Logger) *wiring {
	return &wiring{services: s, dir: dir, topics: l, limits: limits.Link(), log: log, registry: boot.Registry()}
}

// close closes what the layers opened, the last first. They must have ended.
func (w *wiring) close() error {
	var errs []error
	for i := len(w.closers) - 1; i >= 0; i-- {
		errs = append(errs, w.closers[i]())
	}
	return errors.Join(errs...)
}

// Connections of each role's pool. Point reads gain nothing from more.
const (
	batchConns   = 4
	speedConns   = 4
	servingConns = 8 // without lookups of many pages
)

// pool opens a role's pool, with metrics.
func (w *wiring) pool(ctx context.Context, role boot.Role, conns int32) (*pgxpool.Pool, error) {
	pool, err := boot.Pool(ctx, w.dsn, role, conns)
	if err != nil {
		return nil, err
	}
	w.closers = append(w.closers, func() error { pool.Close(); return nil })
	w.registry.MustRegister(boot.PoolMetrics(pool, role))
	return pool, nil
}

// batchRunner wires the batch layer; here: no run of its RunOnce is left to another.
func (w *wiring) batchRunner(ctx context.Context, data string, o config.Batch, here bool) (*batch.Runner, error) {
	pool, err := w.pool(ctx, boot.BatchRole, batchConns)
	if err != nil {
		return nil, err
	}
	archiver, err := w.archiver(o.AcceptGap)
	if err != nil {
		return nil, err
	}
	ticks, err := schedule.Parse(o.Schedule)
	if err != nil {
		return nil, boot.Usage(err)
	}
	return batch.NewRunner(batch.Options{
		Files: batchFiles{w.dir}, Log: archiver, View: batchview.New(pool, boot.Direct(w.direct, boot.BatchRole)),
		Schedule: ticks, Rank: o.Rank(), Policy: link.RelPolicy(o.RelPolicy), Keep: o.Keep, MaxShrink: o.MaxShrink,
		Room: func() batch.Room { return w.room(data) }, IgnoreEstimate: o.IgnoreEstimate, Here: here,
		Clock: time.Now, Logger: w.log.With("layer", "batch"), Registerer: w.registry,
	})
}

// room says what a batch run must fit into.
func (w *wiring) room(data string) batch.Room {
	r := batch.Room{Memory: room.Memory(), Files: -1, Tables: -1}
	if boot.Remote(data) {
		return r
	}
	var files, tables uint64
	r.Files, files = room.Disk(data)
	if dsn, err := localpg.DSN(databaseFolder(data), "", ""); err == nil && dsn == w.dsn {
		r.Tables, tables = room.Disk(databaseFolder(data))
		r.Shared = files == tables
	}
	return r
}

// archiver reads the log for the batch layer, and for verify.
func (w *wiring) archiver(acceptGap bool) (*archive.Archiver, error) {
	secure, identity, err := w.topics.Secure()
	if err != nil {
		return nil, err
	}
	return archive.New(archive.Options{
		Brokers: w.brokers, TLS: secure, SASL: identity, Topic: w.topics.Topic, Limits: w.limits, Store: w.dir,
		AcceptGap: acceptGap, Logger: w.log.With("layer", "batch"),
	})
}

// speedLayer wires the speed layer.
func (w *wiring) speedLayer(ctx context.Context, o config.Speed) (*speed.Layer, error) {
	pool, err := w.pool(ctx, boot.SpeedRole, speedConns)
	if err != nil {
		return nil, err
	}
	log := w.log.With("layer", "speed")
	secure, identity, err := w.topics.Secure()
	if err != nil {
		return nil, err
	}
	source, err := feed.New(feed.Options{
		Brokers: w.brokers, TLS: secure, SASL: identity, Topic: w.topics.Topic, DeadLetterTopic: w.topics.DeadLetters(), Logger: log,
		Archived: archived(w.dir),
	})
	if err != nil {
		return nil, err
	}
	w.closers = append(w.closers, func() error { source.Close(); return nil })
	return speed.New(speed.Options{
		Log: source, View: speedview.New(speedview.Options{Pool: pool, Connect: boot.Direct(w.direct, boot.SpeedRole), Logger: log}),
		Loader: speedLoader{w.dir}, Limits: w.limits, EpsilonMin: o.EpsilonMin, EpsilonMax: o.EpsilonMax,
		Logger: log, Registerer: w.registry,
	})
}

// server wires the API for an address and returns what it reads from as well.
func (w *wiring) server(ctx context.Context, o config.Serve, at net.Addr) (*api.Server, *servingview.View, error) {
	// Lookups of many pages leave the other reads connections enough.
	pool, err := w.pool(ctx, boot.ServingRole, servingConns+int32(min(o.MaxLookups, 64)))
	if err != nil {
		return nil, nil, err
	}
	brokerTLS, identity, err := w.topics.Secure()
	if err != nil {
		return nil, nil, err
	}
	events := submit.New(submit.Options{
		Brokers: w.brokers, TLS: brokerTLS, SASL: identity, Topic: w.topics.Topic, MaxBatchBytes: int64(w.limits.MaxEventBytes) + 1<<20,
	})
	w.closers = append(w.closers, events.Close)
	view := servingview.New(pool, time.Now)
	keys, open, err := access(ctx, o, at, view)
	if err != nil {
		return nil, nil, err
	}
	if keys == nil {
		w.log.Warn("everyone who can reach the API may do everything: --allow-anonymous", "address", at.String())
	}
	var secure *tls.Config
	if o.TLSCert != "" {
		certificate, err := boot.LoadCertificate(o.TLSCert, o.TLSKey, time.Now, w.log)
		if err != nil {
			return nil, nil, err
		}
		secure = certificate.Config()
	}
	if keys != nil && !open && secure == nil {
		w.log.Warn("API keys go over the network as they are: no --tls-cert; a proxy in front must speak HTTPS", "address", at.String())
	}
	build := boot.Version()
	return api.New(api.Options{
		Reader: view, Submitter: events, Runs: view, Now: time.Now,
		Keys: keys, OpenUntilFirstKey: open, AllowHosts: o.AllowHosts, TLS: secure,
		Limits: w.limits, Logger: w.log.With("layer", "serving"), Registerer: w.registry, Gatherer: w.registry,
		Version:  api.Version{Version: build.Version, Commit: build.Revision, Go: build.Go},
		MaxReads: o.MaxReads, MaxLookups: o.MaxLookups, MaxSubmits: o.MaxSubmits, MaxWait: o.MaxWait, MaxConnections: o.MaxConnections,
		MaxBody: o.MaxBody, MaxLag: o.MaxLag, RateLimit: o.RateLimit, KeyRateLimit: o.KeyRateLimit, CORSOrigins: o.CORSOrigins,
	}), view, nil
}

// rankMemory returns the bytes that ranks may take: what the option says, or else what
// there is to spare. Go's collector lets a process grow to twice what is in use.
func rankMemory(option int64) int64 {
	if option >= 0 {
		return option
	}
	most := int64(1 << 30)
	if left := room.Memory(); left >= 0 {
		most = min(most, left/4)
	}
	return most
}

// access says which keys an API at the address asks for, nil being none, and
// whether it is open until the first is made. Where others than this machine can
// reach it, there must be a key to begin with.
func access(ctx context.Context, o config.Serve, at net.Addr, keys serving.KeyReader) (_ serving.KeyReader, open bool, _ error) {
	if o.AllowAnonymous {
		return nil, false, nil
	}
	if tcp, ok := at.(*net.TCPAddr); ok && tcp.IP.IsLoopback() {
		return keys, true, nil
	}
	ring, err := keys.Keys(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("%w (run `freshrank migrate up` first?)", err)
	}
	if len(ring.Keys) == 0 {
		return nil, false, boot.Usagef("listen %s: others can reach this address and there is no API key: make one with `freshrank keys create`, "+
			"listen on 127.0.0.1, or let everyone do everything with --allow-anonymous", o.Listen)
	}
	return keys, false, nil
}

// listen opens the address of the API.
func listen(ctx context.Context, address string) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, boot.Usagef("listen %s: %w; stop what uses it, or name another address with --listen", address, err)
	}
	return ln, nil
}
