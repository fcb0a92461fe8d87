package main

import (
	"context"
	"errors"

	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/config"
)

type serveCmd struct {
	config.Common   `embed:"" group:"Common options:"`
	config.Log      `embed:"" group:"Log options:"`
	config.Database `embed:"" group:"Database options:"`
	config.Limits   `embed:"" group:"Event limits:"`
	config.Serve    `embed:"" group:"API options:"`
}

func (serveCmd) Help() string {
	return `Answers from what the other two layers have published, and takes events. It
needs no data folder of its own; any number may run side by side. While the log
is down it goes on answering reads. An address that others than this machine can
reach needs an API key (freshrank keys create), or --allow-anonymous.

Example:

    freshrank serve --database postgres://freshrank_serving@db/freshrank --brokers kafka:9092 --listen 0.0.0.0:8080`
}

func (s *serveCmd) Run(ctx context.Context, c *call) (err error) {
	log, err := c.logger(s.Common)
	if err != nil {
		return err
	}
	found, err := attach(ctx, s.Common, s.Log, s.Database)
	if err != nil {
		return boot.Ended(ctx, err)
	}
	ln, err := listen(ctx, s.Listen)
	if err != nil {
		return err
	}
	w := newWiring(found, nil, s.Log, s.Limits, log)
	defer func() { err = errors.Join(err, w.close()) }()
	server, view, err := w.server(ctx, s.Serve, ln.Addr())
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	log.Info("serving", "address", ln.Addr().String())
	return boot.RunGroup(ctx,
		boot.Part{Name: "API", Run: func(ctx context.Context) error { return server.Run(ctx, ln) }},
		boot.Part{Name: "ranks in memory", Run: func(ctx context.Context) error { return view.Hold(ctx, rankMemory(s.RankMemory), log) }},
	)
}
