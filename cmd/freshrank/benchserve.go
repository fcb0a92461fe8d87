package main

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"freshrank/cmd/freshrank/internal/bench"
	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/config"
	"freshrank/cmd/freshrank/internal/graphs"
	"freshrank/cmd/freshrank/internal/progress"
	"freshrank/pagerank/link"
	"freshrank/pagerank/pageranktest"
)

type benchServeCmd struct {
	config.Client `embed:""`
	API           string        `name:"api" default:"http://127.0.0.1:8080" placeholder:"URL" help:"API that runs, over plain HTTP (${default})."`
	URLs          string        `name:"urls" required:"" placeholder:"FILE" help:"URLs to ask for, one a line; or web:PAGES:LINKS, the made-up web that was imported."`
	Sample        graphs.Size   `default:"1M" placeholder:"N" help:"How many of them, drawn at random (${default})."`
	Seed          uint64        `default:"1" help:"Of the web and the sample (${default})."`
	Stages        []string      `default:"livez,single,rate,bulk,overload,after" help:"Which stages (${default})."`
	Duration      time.Duration `default:"10s" help:"Of each stage (${default})."`
	Connections   int           `default:"64" help:"Connections of single lookups (${default})."`
	Bulk          int           `default:"4" help:"Connections of lookups of many (${default})."`
	Keys          int           `default:"1000" help:"URLs of each of those (${default})."`
	Rate          float64       `default:"8000" help:"Single lookups a second of the open loop (${default})."`
	Overload      float64       `default:"5" help:"Times the closed loop's rate that the overload is (${default})."`
	Events        float64       `default:"2000" help:"Events a second submitted meanwhile, of a crawler in the made-up web; 0: none (${default})."`
	Progress      string        `enum:"auto,plain,json,none" default:"auto" help:"auto, plain, json or none (${default})."`
	JSON          bool          `name:"json" help:"Print figures as JSON."`
}

func (benchServeCmd) Help() string {
	return `Asks an API that runs, and prints rates, latencies and how many answers were refused:
/livez, single lookups as fast as they are answered (closed loop) and at a fixed rate
(open loop: latency counts from when a request was due), lookups of many, and more than
can be answered. Some answers are checked. The exit code is 1 if one is wrong.

Example:

    freshrank generate graph --pages 10M --links 100M | freshrank import csv -
    freshrank up
    freshrank bench serve --urls web:10M:100M
    freshrank bench serve --urls urls.txt --events 0 --stages livez,bulk --json`
}

func (b *benchServeCmd) Run(ctx context.Context, c *call) error {
	u, err := url.Parse(b.API)
	if err != nil || u.Host == "" || u.Scheme != "http" {
		return boot.Usagef("api %s: must be a URL such as http://127.0.0.1:8080; HTTPS would measure the client", b.API)
	}
	for _, s := range b.Stages {
		if !slices.Contains(bench.ServeStages, s) {
			return boot.Usagef("stages %s: must be of %s", s, strings.Join(bench.ServeStages, ","))
		}
	}
	if b.Connections < 1 || b.Bulk < 1 || b.Keys < 1 || b.Keys > int(b.Sample) || !(b.Rate > 0) || !(b.Overload > 0) || !(b.Events >= 0) || b.Duration <= 0 {
		return boot.Usagef("connections, bulk, keys, rate, overload, duration: must be greater than 0, events not less, and keys %d not more than the sample", b.Keys)
	}
	meter := progress.New(os.Stderr, progress.Mode(b.Progress))
	defer meter.Done()
	o := bench.ServeOptions{
		API: b.API, Key: b.Key, Stages: b.Stages, Duration: b.Duration, Connections: b.Connections, Bulk: b.Bulk, Keys: b.Keys,
		Rate: b.Rate, Overload: b.Overload, EventRate: b.Events, Phase: func(stage string) { meter.Update(stage, "", 0, 0) },
	}
	meter.Update("draw URLs", "", 0, 0)
	var web *pageranktest.Web
	if o.URLs, web, err = b.draw(); err != nil {
		return err
	}
	if b.Events > 0 {
		if web == nil {
			return boot.Usagef("events %v: are made up for a made-up web only; add --events 0, or name a web with --urls", b.Events)
		}
		// Ids of an earlier run must not come again: they would change nothing.
		feed := pageranktest.NewFeed(web, uint64(time.Now().UnixNano()))
		o.Event = func(now time.Time) (link.Event, error) { return feed.Next(now), nil }
	}
	r, err := bench.Serve(ctx, o)
	if err != nil {
		return err
	}
	meter.Done()
	if err := printReport(c, b.JSON, r); err != nil {
		return err
	}
	for name, s := range r.Stage {
		if s.Wrong > 0 {
			return fmt.Errorf("stage %s: %d of %d answers are wrong: %s", name, s.Wrong, s.Checked, s.WrongFirst)
		}
	}
	return nil
}

// draw returns URLs at random, and the web that they are from.
func (b *benchServeCmd) draw() (urls []string, web *pageranktest.Web, err error) {
	spec, err := graphs.ParseSpec(b.URLs)
	if err != nil {
		return nil, nil, boot.Usage(err)
	}
	rng := rand.New(rand.NewPCG(b.Seed, 1))
	if spec.Kind == "web" {
		web = pageranktest.NewWeb(b.Seed, spec.A, spec.B)
		if web.Links() == 0 {
			return nil, nil, boot.Usagef("urls %s: a web without links has no pages with a rank", b.URLs)
		}
		for len(urls) < int(b.Sample) {
			if page := rng.IntN(web.Pages()); web.Degree(page) > 0 { // others are known only if something links to them
				urls = append(urls, web.URL(page))
			}
		}
		return urls, web, nil
	}
	f, err := os.Open(b.URLs)
	if err != nil {
		return nil, nil, boot.Usagef("urls %s: cannot be read (%w); name a file, or web:PAGES:LINKS", b.URLs, err)
	}
	defer f.Close()
	var all []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if url := strings.TrimSpace(lines.Text()); url != "" {
			all = append(all, url)
		}
	}
	if len(all) < b.Keys {
		return nil, nil, boot.Usagef("urls %s: holds %d, a lookup of many asks for %d (--keys)", b.URLs, len(all), b.Keys)
	}
	for range b.Sample {
		urls = append(urls, all[rng.IntN(len(all))])
	}
	return urls, nil, nil
}
