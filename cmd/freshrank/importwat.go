package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/importer"
	"freshrank/cmd/freshrank/internal/progress"
)

type importWATCmd struct {
	ImportFlags `embed:""`
	Files       []string `arg:"" help:"Files; - is standard input."`
	Output      string   `short:"o" default:"-" placeholder:"FILE" help:"Where the events go; - is standard output."`
	Source      string   `default:"https://commoncrawl.org/" placeholder:"URI" help:"Who says so: source of the events (${default})."`
}

func (importWATCmd) Help() string {
	return `A page becomes page.crawled with its links, page.alias if it is redirected, page.gone
with status 404 or 410, at the time of its crawl. A graph has room for one state of a
page; which is the newest is for the log to say. Sending an event twice changes nothing:
after a failure, start again.

Example:

    freshrank import wat CC-MAIN-*.warc.wat.gz | freshrank submit -`
}

// watSummary is what an import of WAT files did.
type watSummary struct {
	Events  int64           `json:"events"`
	Dropped []importer.Drop `json:"dropped"`
	Seconds float64         `json:"seconds"`
}

func (i *importWATCmd) Run(ctx context.Context, c *call) error {
	began := time.Now()
	meter := progress.New(os.Stderr, progress.Mode(i.Progress))
	defer meter.Done()
	s := watSummary{Dropped: []importer.Drop{}}
	err := output(c, i.Output, func(w io.Writer) error {
		report := importer.Report{}
		for _, file := range i.Files {
			events, r, err := i.file(ctx, c.stdin, file, meter, w)
			s.Events += events
			if err != nil {
				return err
			}
			report = report.Join(r)
		}
		s.Dropped = append(s.Dropped, report.Drops...)
		return nil
	})
	meter.Done()
	switch bad := (*importer.InputError)(nil); {
	case errors.As(err, &bad):
		return boot.Usage(bad)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("interrupted after %d events; start again: sending an event twice changes nothing", s.Events)
	case err != nil:
		return err
	}
	s.Seconds = time.Since(began).Seconds()
	to := c.stdout
	if i.Output == "-" {
		to = c.stderr // standard output has the events
	}
	return s.print(to, i.JSON)
}

func (i *importWATCmd) file(ctx context.Context, stdin io.Reader, file string, meter *progress.Meter, w io.Writer) (_ int64, _ importer.Report, err error) {
	in, err := importer.Open(file, stdin)
	if err != nil {
		return 0, importer.Report{}, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	return importer.WAT(ctx, in.Name, in, importer.WATOptions{
		Limits: i.Limits.Link(), Source: i.Source, Strict: i.Strict,
		Progress: func() { meter.Update("read "+in.Name, "bytes", in.BytesRead(), in.Size) },
	}, w)
}

func (s watSummary) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(s)
	}
	fmt.Fprintf(w, "made %d events in %s\n", s.Events, time.Duration(s.Seconds*float64(time.Second)).Round(time.Millisecond))
	for _, d := range s.Dropped {
		fmt.Fprintf(w, "dropped %v\n", d)
	}
	return nil
}
