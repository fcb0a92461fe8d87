package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"freshrank/batch/linkfile"
	"freshrank/cmd/freshrank/internal/bench"
	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/graphs"
	"freshrank/cmd/freshrank/internal/progress"
	"freshrank/pagerank"
	"freshrank/pagerank/link"
)

// RankFlags say which graph and how it is ranked, for rank and bench.
type RankFlags struct {
	Damping   float64 `default:"0.85" help:"Share of a page's rank that its links hand on (${default})."`
	Tolerance float64 `default:"1e-9" help:"Certified bound on the error of all ranks together to stop at (${default})."`
	MaxSweeps int     `default:"1000" help:"Passes over the links before giving up (${default})."`
	Workers   int     `default:"0" help:"Goroutines; 0: one a CPU. Results do not depend on it."`
	RelPolicy string  `enum:"drop-marked,count-all" default:"drop-marked" help:"Of links with a rel: drop-marked or count-all (${default})."`
	Seed      uint64  `default:"1" help:"Another seed is another made-up graph (${default})."`
	Progress  string  `enum:"auto,plain,json,none" default:"auto" help:"auto, plain, json or none (${default})."`
	JSON      bool    `name:"json" help:"Print figures as JSON."`
}

func (f *RankFlags) options() (pagerank.Options, error) {
	o := pagerank.Options{Damping: f.Damping, Tolerance: f.Tolerance, MaxSweeps: f.MaxSweeps, Workers: f.Workers}
	if f.Damping == 0 || f.Tolerance == 0 || f.MaxSweeps == 0 {
		return o, boot.Usagef("damping %v, tolerance %v, max-sweeps %d: must not be 0", f.Damping, f.Tolerance, f.MaxSweeps)
	}
	_, err := o.WithDefaults()
	return o, boot.Usage(err)
}

// load reads or makes the graph that is called name.
func (f *RankFlags) load(ctx context.Context, c *call, name string, meter *progress.Meter) (*graphs.Graph, time.Duration, error) {
	spec, err := graphs.ParseSpec(name)
	if err != nil {
		return nil, 0, boot.Usage(err)
	}
	// The links are nearly all of the memory, in few pieces: collecting often is
	// cheap and keeps the peak where the links put it.
	debug.SetGCPercent(25)
	began := time.Now()
	if spec.Kind != "" {
		meter.Update("make", "links", 0, 0)
	}
	g, err := graphs.Source{
		Spec: spec, Seed: f.Seed, Policy: link.RelPolicy(f.RelPolicy), MaxURL: link.DefaultLimits().MaxURLBytes,
		Stdin: c.stdin, Meter: meter,
	}.Load(ctx)
	took := time.Since(began)
	debug.FreeOSMemory()
	return g, took, err
}

type rankCmd struct {
	RankFlags `embed:""`
	Graph     string `arg:"" help:"Edge list, plain or gzip; CSV of URLs (.csv); data folder, also s3://BUCKET/PREFIX; or a made-up graph. - is standard input."`
	Output    string `short:"o" placeholder:"FILE" help:"Where the ranks go: FILE.parquet or FILE.tsv; - is standard output, as TSV."`
}

func (rankCmd) Help() string {
	return `Needs no Kafka, no Postgres and no data folder. An edge list has two page numbers
below 2^32 a line; copies of a link and links of a page to itself are dropped. A data
folder's newest graph is ranked, as a batch run would. Columns: page number or URL,
rank (sums to 1), x (1 is the average without dangling pages) and its residual.

Example:

    freshrank rank web-Google.txt.gz -o ranks.parquet
    freshrank rank ./freshrank-data --tolerance 1e-12 -o - | sort -k2 -g -r | head
    freshrank rank s3://bucket/prefix -o ranks.tsv
    freshrank rank web:1M:10M --json`
}

func (r *rankCmd) Run(ctx context.Context, c *call) error {
	write, err := rankWriter(r.Output)
	if err != nil {
		return err
	}
	o, err := r.options()
	if err != nil {
		return err
	}
	meter := progress.New(os.Stderr, progress.Mode(r.Progress))
	defer meter.Done()
	g, took, err := r.load(ctx, c, r.Graph, meter)
	if err != nil {
		return err
	}
	o.Progress = func(sweep int, l1 float64) {
		meter.Update("rank", fmt.Sprintf("sweeps, certified to %.1e", l1), int64(sweep), 0)
	}
	s, err := bench.Solve(ctx, g.Problem, o)
	if errors.Is(err, pagerank.ErrNoPages) {
		return boot.Usagef("graph %s: %v", r.Graph, err)
	} else if err != nil {
		return err
	}
	if !s.Converged {
		return fmt.Errorf("certified to %.3g only after %d sweeps; raise --max-sweeps or --tolerance; nothing was written", s.Certificate.L1(), s.Result.Sweeps)
	}
	report := bench.NewRankReport(r.Graph, g.Problem, took, s)
	if write != nil {
		meter.Update("write", "pages", int64(report.Pages), 0)
		if err := write(ctx, c, r.Output, g, s.Result); err != nil {
			return err
		}
	}
	meter.Done()
	to := c.stdout
	if r.Output == "-" {
		to = c.stderr
	}
	if r.JSON {
		return json.NewEncoder(to).Encode(report)
	}
	report.Print(to)
	return nil
}

// rankWriter says how to write to the named file; nil for no file.
func rankWriter(name string) (func(context.Context, *call, string, *graphs.Graph, *pagerank.Result) error, error) {
	switch {
	case name == "":
		return nil, nil
	case strings.HasSuffix(name, ".parquet"):
		return writeRankParquet, nil
	case strings.HasSuffix(name, ".tsv") || name == "-":
		return writeRankTSV, nil
	}
	return nil, boot.Usagef("output %s: must end in .parquet or .tsv", name)
}

// rankedPages returns the pages that have a rank.
func rankedPages(g *graphs.Graph) []uint32 {
	pages := make([]uint32, 0, g.Out.Pages())
	for p := range uint32(g.Out.Pages()) {
		if g.Member == nil || g.Member[p] {
			pages = append(pages, p)
		}
	}
	return pages
}

func writeRankParquet(ctx context.Context, _ *call, name string, g *graphs.Graph, r *pagerank.Result) error {
	pages, sum := rankedPages(g), r.Certificate.ServedSum()
	rows := linkfile.RankRows{
		Rows:   len(pages),
		Number: func(row int) uint32 { return g.Number(int(pages[row])) },
		Values: func(row int) (rank, x, residual float64) {
			x, residual = r.X[pages[row]], r.Residual[pages[row]]
			return (x + residual) / sum, x, residual
		},
	}
	if _, ok := g.URL(0); ok {
		rows.URL = func(row int) string { u, _ := g.URL(int(pages[row])); return u }
	}
	err := linkfile.WriteRankFile(ctx, name, rows)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		return boot.Usagef("output %s: cannot be written (%v); name a file in an existing folder", name, err)
	}
	return err
}

func writeRankTSV(ctx context.Context, c *call, name string, g *graphs.Graph, r *pagerank.Result) error {
	sum := r.Certificate.ServedSum()
	return output(c, name, func(w io.Writer) error {
		// output buffers; a line is put together here so that it costs no garbage.
		out, line := bufio.NewWriter(w), []byte("page\trank\tx\tresidual\n")
		for i, p := range rankedPages(g) {
			if _, err := out.Write(line); err != nil {
				return err
			}
			if i%(1<<16) == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if u, ok := g.URL(int(p)); ok {
				line = append(line[:0], u...)
			} else {
				line = strconv.AppendUint(line[:0], uint64(g.Number(int(p))), 10)
			}
			for _, v := range [...]float64{(r.X[p] + r.Residual[p]) / sum, r.X[p], r.Residual[p]} {
				line = strconv.AppendFloat(append(line, '\t'), v, 'g', -1, 64)
			}
			line = append(line, '\n')
		}
		if _, err := out.Write(line); err != nil {
			return err
		}
		return out.Flush()
	})
}
