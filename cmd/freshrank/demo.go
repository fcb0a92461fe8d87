package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"freshrank/batch/linkfile"
	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/client"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
	"freshrank/pagerank/pageranktest"
	"freshrank/serving"
)

const demoSeed = 1

// makeWeb imports a made-up web where there is no graph yet.
func (u *upCmd) makeWeb(ctx context.Context, dir *linkfile.Dir) error {
	_, ok, err := dir.LatestGraph(ctx)
	if err != nil || ok {
		return err
	}
	web := pageranktest.NewWeb(demoSeed, int(u.DemoPages), int(u.DemoLinks))
	b := linkgraph.NewBuilder()
	urls := make([]string, web.Pages())
	for p := range urls {
		urls[p] = web.URL(p)
		b.AddPage(urls[p])
	}
	for from, to := range web.All() {
		b.AddLink(urls[from], urls[to], 0)
	}
	g, err := b.Graph()
	if err != nil {
		return fmt.Errorf("make up a web: %w", err)
	}
	return dir.WriteGraph(ctx, 0, g, nil, time.Now().UTC())
}

// play sends what a crawler of the made-up web would report, at an even rate, as
// any crawler would: through the API.
func (u *upCmd) play(ctx context.Context, log *slog.Logger, api string, view serving.Reader) error {
	if err := awaitReady(ctx, view); err != nil {
		return err
	}
	c := &client.Client{URL: api, Key: u.Key, Patience: time.Minute}
	// Ids of an earlier start must not come again: they would change nothing.
	feed := pageranktest.NewFeed(pageranktest.NewWeb(demoSeed, int(u.DemoPages), int(u.DemoLinks)), uint64(time.Now().UnixNano()))
	return c.Play(ctx, u.DemoRate, func(now time.Time) ([]byte, error) {
		e := feed.Next(now)
		text, err := link.Encode(&e)
		if err != nil {
			return nil, fmt.Errorf("encode made-up event: %w", err)
		}
		return text, nil
	}, func(sent int, r client.Receipt, err error) error {
		switch {
		case err != nil: // the rest of the system may recover; what the feed lost is its own
			log.WarnContext(ctx, "demo feed: events not taken", "events", sent, "error", err)
		case r.Rejected > 0:
			return fmt.Errorf("made-up event refused: %s", r.Errors[0].Detail)
		}
		return nil
	})
}

// awaitReady waits until ranks can be given.
func awaitReady(ctx context.Context, view serving.Reader) error {
	for {
		h, err := view.Health(ctx)
		if err == nil && h.Ready {
			return nil
		}
		if err := boot.Sleep(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}
