package main

import (
	"context"
	"errors"

	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/config"
)

type speedCmd struct {
	config.Common   `embed:"" group:"Common options:"`
	config.Log      `embed:"" group:"Log options:"`
	config.Database `embed:"" group:"Database options:"`
	config.Limits   `embed:"" group:"Event limits:"`
	config.Speed    `embed:"" group:"Speed options:"`
	config.Metrics  `embed:"" group:"Metrics options:"`
}

func (speedCmd) Help() string {
	return `Applies what follows the active generation's cut in the log, and publishes what
that changes. Reads the batch layer's files: --data must be the same folder. Of
several speed layers one is active; the others stand by.

Example:

    freshrank speed --database postgres://freshrank_speed@db/freshrank --brokers kafka:9092`
}

func (s *speedCmd) Run(ctx context.Context, c *call) (err error) {
	log, err := c.logger(s.Common)
	if err != nil {
		return err
	}
	found, err := attach(ctx, s.Common, s.Log, s.Database)
	if err != nil {
		return boot.Ended(ctx, err)
	}
	dir, err := openData(s.Data)
	if err != nil {
		return err
	}
	w := newWiring(found, dir, s.Log, s.Limits, log)
	defer func() { err = errors.Join(err, w.close()) }()
	layer, err := w.speedLayer(ctx, s.Speed)
	if err != nil {
		return err
	}
	parts, err := metricsParts(ctx, s.Metrics, w)
	if err != nil {
		return err
	}
	return boot.RunGroup(ctx, append(parts, boot.Part{Name: "speed layer", Run: layer.Run})...)
}
