package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/config"
	"freshrank/cmd/freshrank/internal/graphs"
)

type upCmd struct {
	config.Common   `embed:"" group:"Common options:"`
	config.Log      `embed:"" group:"Log options:"`
	config.Database `embed:"" group:"Database options:"`
	config.Limits   `embed:"" group:"Event limits:"`
	config.Batch    `embed:"" group:"Batch options:"`
	config.Speed    `embed:"" group:"Speed options:"`
	config.Serve    `embed:"" group:"API options:"`
	config.Client   `embed:"" group:"Client options, of the demo's feed:"`

	Demo      bool        `help:"Make up a web in an empty data folder, and play a crawler's feed against the API."`
	DemoPages graphs.Size `default:"100k" placeholder:"N" help:"Pages of that web (${default})."`
	DemoLinks graphs.Size `default:"1.5M" placeholder:"N" help:"Links of that web, about (${default})."`
	DemoRate  float64     `default:"200" help:"Events a second; 0: no feed (${default})."`
}

func (upCmd) Help() string {
	return `Runs the log, the database, the three layers and the API in one process. Log and
database are embedded and live in the data folder, unless --brokers and --database
name real ones. What is in the data folder survives restarts, also unclean ones.

Example:

    freshrank up --demo
    freshrank up --data /var/lib/freshrank --brokers kafka:9092 --database postgres://owner@db/freshrank`
}

func (u *upCmd) Run(ctx context.Context, c *call) (err error) {
	if u.DemoPages < 2 || !(u.DemoRate >= 0) {
		return boot.Usagef("demo-pages %d, demo-rate %v: at least 2 pages and a rate of 0 (no feed) are needed", u.DemoPages, u.DemoRate)
	}
	if u.Demo && u.DemoRate > 0 && u.TLSCert != "" {
		return boot.Usagef("demo: its feed calls this machine by its address, for which tls-cert %s is not made; add --demo-rate 0, or leave out one of the two", u.TLSCert)
	}
	if boot.Remote(u.Data) {
		return boot.Usagef("data %s: up keeps the log and the database in the data folder too, which must be one of this machine; "+
			"run batch, speed and serve for one in a bucket", u.Data)
	}
	log, err := c.logger(u.Common)
	if err != nil {
		return err
	}
	dir, err := openData(u.Data)
	if err != nil {
		return err
	}
	lock, err := boot.Acquire(u.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, boot.RemoveRuntime(u.Data), lock.Release()) }()
	// What a process that was killed left behind would lead others astray.
	if err := boot.RemoveRuntime(u.Data); err != nil {
		return err
	}
	ln, err := listen(ctx, u.Listen)
	if err != nil {
		return err
	}
	defer ln.Close() // the API closes it as well
	s, err := startServices(ctx, u.Data, u.Log, u.Database, log)
	if err != nil {
		return stoppedEarly(ctx, err)
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := s.prepare(ctx, u.Common, u.Log, u.Limits); err != nil {
		return stoppedEarly(ctx, err)
	}
	if u.Demo {
		if err := u.makeWeb(ctx, dir); err != nil {
			return stoppedEarly(ctx, err)
		}
	}
	w := newWiring(s, dir, u.Log, u.Limits, log)
	defer func() { err = errors.Join(err, w.close()) }()
	return u.runAll(ctx, c, w, ln)
}

// stoppedEarly returns nil for a start that a signal broke off.
func stoppedEarly(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// runAll runs the layers until the end.
func (u *upCmd) runAll(ctx context.Context, c *call, w *wiring, ln net.Listener) error {
	runner, err := w.batchRunner(ctx, u.Data, u.Batch, false)
	if err != nil {
		return boot.Ended(ctx, err)
	}
	layer, err := w.speedLayer(ctx, u.Speed)
	if err != nil {
		return err
	}
	server, view, err := w.server(ctx, u.Serve, ln.Addr())
	if err != nil {
		return err
	}
	api := "http://" + reachable(ln.Addr())
	if u.TLSCert != "" {
		api = "https://" + reachable(ln.Addr())
	}
	if err := w.runtime(api).Write(u.Data); err != nil {
		return err
	}
	u.report(c, w, api)
	parts := append(w.parts(),
		boot.Part{Name: "batch layer", Run: runner.Run},
		boot.Part{Name: "speed layer", Run: layer.Run},
		boot.Part{Name: "API", Run: func(ctx context.Context) error { return server.Run(ctx, ln) }},
		boot.Part{Name: "ranks in memory", Run: func(ctx context.Context) error { return view.Hold(ctx, rankMemory(u.RankMemory), w.log) }},
		boot.Part{Name: "guide", Run: func(ctx context.Context) error {
			return guide(ctx, c.stdout, api, view, view, u.Demo && u.DemoRate > 0)
		}},
	)
	if u.Demo && u.DemoRate > 0 {
		parts = append(parts, boot.Part{Name: "demo feed", Run: func(ctx context.Context) error { return u.play(ctx, w.log, api, view) }})
	}
	err = boot.RunGroup(ctx, parts...)
	if err == nil {
		fmt.Fprintln(c.stdout, "stopped; everything is kept in", u.Data)
	}
	return err
}

// reachable is the address to connect to for a listener's, which may be that of
// every interface.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return a.String()
}

// report says what has been started.
func (u *upCmd) report(c *call, w *wiring, api string) {
	data, err := filepath.Abs(u.Data)
	if err != nil {
		data = u.Data
	}
	fmt.Fprintf(c.stdout, "freshrank %s, process %d\n", boot.Version().Version, os.Getpid())
	fmt.Fprintf(c.stdout, "  data      %s\n", data)
	fmt.Fprintf(c.stdout, "  embedded  %s\n", w.embedded())
	fmt.Fprintf(c.stdout, "  log       %s, topic %s\n", strings.Join(w.brokers, ","), u.Topic)
	fmt.Fprintf(c.stdout, "  database  %s\n", config.Redact(w.dsn))
	fmt.Fprintf(c.stdout, "  batch     schedule %s (UTC)\n", u.Schedule)
	fmt.Fprintf(c.stdout, "  API       %s   (documentation: %s/docs)\n", api, api)
	if w.services.log != nil {
		fmt.Fprintln(c.stdout, "  The embedded log has no replication: for development only. --brokers names a real one.")
	}
}
