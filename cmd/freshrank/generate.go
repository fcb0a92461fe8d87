package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/graphs"
	"freshrank/pagerank/link"
	"freshrank/pagerank/pageranktest"
)

type generateCmd struct {
	Graph generateGraphCmd `cmd:"" help:"A web-like link graph, as import takes it."`
	Feed  generateFeedCmd  `cmd:"" help:"What a crawler of that graph would report, as submit takes it."`
}

func (generateCmd) Help() string {
	return `The same seed and sizes give the same bytes.

Example:

    freshrank generate graph --pages 10k --links 150k > web.csv
    freshrank import csv web.csv
    freshrank generate feed --pages 10k --links 150k --events 1k | freshrank submit -`
}

// WebSize says which made-up web.
type WebSize struct {
	Pages graphs.Size `default:"100k" placeholder:"N" help:"Pages, such as 10M (${default})."`
	Links graphs.Size `default:"1.5M" placeholder:"N" help:"Links, about (${default})."`
	Seed  uint64      `default:"1" help:"Another seed is another web (${default})."`
}

func (s WebSize) web() (*pageranktest.Web, error) {
	if s.Pages < 2 || s.Pages >= math.MaxUint32 {
		return nil, boot.Usagef("pages %d: a web has from 2 to 4,294,967,294", s.Pages)
	}
	return pageranktest.NewWeb(s.Seed, int(s.Pages), int(s.Links)), nil
}

type generateGraphCmd struct {
	WebSize `embed:""`
	Format  string `enum:"csv,edgelist" default:"csv" help:"csv: source URL, target URL; edgelist: page numbers (${default})."`
	Output  string `short:"o" default:"-" placeholder:"FILE" help:"Where to; - is standard output."`
}

func (generateGraphCmd) Help() string {
	return "Example:\n\n    freshrank generate graph --pages 10M --links 100M | gzip -1 > web.csv.gz"
}

func (g *generateGraphCmd) Run(c *call) error {
	web, err := g.web()
	if err != nil {
		return err
	}
	return output(c, g.Output, func(w io.Writer) error {
		if g.Format == "edgelist" {
			return writeEdgeList(w, web)
		}
		return writeCSV(w, web)
	})
}

func writeEdgeList(w io.Writer, web *pageranktest.Web) error {
	if _, err := fmt.Fprintf(w, "# a made-up web of %d pages\n# from\tto\n", web.Pages()); err != nil {
		return err
	}
	for from, to := range web.All() {
		if _, err := fmt.Fprintf(w, "%d\t%d\n", from, to); err != nil {
			return err
		}
	}
	return nil
}

func writeCSV(w io.Writer, web *pageranktest.Web) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"source", "target"}); err != nil {
		return err
	}
	for from, to := range web.All() {
		if err := out.Write([]string{web.URL(int(from)), web.URL(int(to))}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

type generateFeedCmd struct {
	WebSize `embed:""`
	Events  graphs.Size   `default:"1k" placeholder:"N" help:"Events (${default})."`
	Number  uint64        `default:"1" help:"Another number is another feed, whose ids differ (${default})."`
	Start   time.Time     `help:"Time of the first event, such as 2025-01-02T03:04:05Z; so that the last one is now unless given."`
	Step    time.Duration `default:"5ms" help:"Time between two events (${default})."`
	Output  string        `short:"o" default:"-" placeholder:"FILE" help:"Where to; - is standard output."`
}

func (generateFeedCmd) Help() string {
	return "Example:\n\n    freshrank generate feed --events 1k --number 7 | freshrank submit -"
}

func (g *generateFeedCmd) Run(c *call) error {
	web, err := g.web()
	if err != nil {
		return err
	}
	if g.Step < 0 {
		return boot.Usagef("step %v: must not be negative", g.Step)
	}
	at := g.Start
	if at.IsZero() {
		at = time.Now().Add(-time.Duration(g.Events) * g.Step)
	}
	feed := pageranktest.NewFeed(web, g.Number)
	return output(c, g.Output, func(w io.Writer) error {
		for i := range g.Events {
			e := feed.Next(at.Add(time.Duration(i) * g.Step))
			b, err := link.Encode(&e)
			if err != nil {
				return err
			}
			if _, err := w.Write(append(b, '\n')); err != nil {
				return err
			}
		}
		return nil
	})
}

// output calls write with a buffered writer to a file or standard output.
func output(c *call, name string, write func(io.Writer) error) (err error) {
	to := c.stdout
	if name != "-" {
		f, err := os.Create(name)
		if err != nil {
			return boot.Usagef("output %s: cannot be written (%v); name a file in an existing folder", name, err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		to = f
	}
	w := bufio.NewWriterSize(to, 1<<20)
	if err := errors.Join(write(w), w.Flush()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
