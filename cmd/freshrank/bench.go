package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"runtime"

	"freshrank/cmd/freshrank/internal/bench"
	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/graphs"
	"freshrank/cmd/freshrank/internal/progress"
)

type benchCmd struct {
	Rank  benchRankCmd  `cmd:"" help:"Rank a graph, next to a plain program for the same problem."`
	Speed benchSpeedCmd `cmd:"" help:"Let the incremental engine follow changes of a graph."`
	Serve benchServeCmd `cmd:"" help:"Ask an API that runs for as much as it can answer, and for more."`
}

func (benchCmd) Help() string {
	return `Figures of one run can be compared with each other; those of two runs hardly, on a
machine that is shared. docs/performance.md explains them.

Example:

    freshrank bench rank --graph kron:20:16
    freshrank bench speed --graph web:1M:10M --events 100k
    freshrank bench serve --urls web:1M:10M`
}

// BenchFlags are those of both kernels' benchmarks.
type BenchFlags struct {
	RankFlags `embed:""`
	Graph     string `required:"" placeholder:"GRAPH" help:"kron:SCALE:DEGREE, uniform:SCALE:DEGREE, web:PAGES:LINKS, web-shuffled:PAGES:LINKS, or what rank takes."`
}

func (f *BenchFlags) workers() int {
	if f.Workers == 0 {
		return runtime.GOMAXPROCS(0)
	}
	return f.Workers
}

// printReport writes a report for people, or as JSON.
func printReport(c *call, asJSON bool, r interface{ Print(io.Writer) }) error {
	if asJSON {
		return json.NewEncoder(c.stdout).Encode(r)
	}
	r.Print(c.stdout)
	return nil
}

type benchRankCmd struct {
	BenchFlags `embed:""`
	Rounds     int `default:"1" help:"How often kernel and plain program run in turns; medians are printed (${default})."`
}

func (benchRankCmd) Help() string {
	return `Ranks a graph and prints what it took; then the same by a plain program (Jacobi,
float64, pull, same certified tolerance, same workers), and the machine's sequential
bandwidth and rate of random reads. The ratio is the kernel's time over the plain one's.

Example:

    freshrank bench rank --graph web:10M:100M --json
    freshrank bench rank --graph cnr-2000.edges.txt.gz --rounds 5`
}

func (b *benchRankCmd) Run(ctx context.Context, c *call) error {
	if b.Rounds < 1 {
		return boot.Usagef("rounds %d: must be at least 1", b.Rounds)
	}
	o, err := b.options()
	if err != nil {
		return err
	}
	meter := progress.New(os.Stderr, progress.Mode(b.Progress))
	defer meter.Done()
	g, took, err := b.load(ctx, c, b.Graph, meter)
	if err != nil {
		return err
	}
	o.Progress = func(sweep int, l1 float64) { meter.Update("rank", "sweeps", int64(sweep), 0) }
	r, err := bench.Rank(ctx, b.Graph, g.Problem, o, took, b.Rounds, b.workers())
	if err != nil {
		return err
	}
	meter.Done()
	return printReport(c, b.JSON, r)
}

type benchSpeedCmd struct {
	BenchFlags `embed:""`
	Events     graphs.Size `default:"100k" placeholder:"N" help:"Events (${default})."`
	Mix        string      `default:"add:80,remove:20" help:"Single links that come and go in this proportion, or crawl: whole pages, a tenth of whose links are new (${default})."`
	Sources    string      `enum:"any,hub" default:"any" help:"Whose links change: any page's, or those of the pages with most links that have a tenth of all (${default})."`
	Epsilon    float64     `default:"0.01" help:"Relative error per page to stay within (${default})."`
	Batch      graphs.Size `default:"10k" placeholder:"N" help:"Events a micro-batch (${default})."`
}

func (benchSpeedCmd) Help() string {
	return `Takes links out of a graph, ranks what is left, and lets the engine follow in
micro-batches while links come and go. The time includes keeping the graph and handing
out new values. Then everything is ranked anew: the actual error, which must lie within
the certified one for every page, or the exit code is 1.

Example:

    freshrank bench speed --graph web:8M:100M --events 1M --epsilon 0.01 --json
    freshrank bench speed --graph web:1M:10M --events 100k --mix crawl
    freshrank bench speed --graph kron:21:12 --sources hub`
}

func (b *benchSpeedCmd) Run(ctx context.Context, c *call) error {
	o := bench.SpeedOptions{
		Hubs: b.Sources == "hub", Epsilon: b.Epsilon, Seed: b.Seed, Damping: b.Damping, Workers: b.workers(),
		Events: int(b.Events), Batch: int(b.Batch),
	}
	var err error
	if o.Mix, err = bench.ParseMix(b.Mix); err != nil {
		return boot.Usage(err)
	}
	if !(b.Epsilon > 1e-9 && b.Epsilon < 1) {
		return boot.Usagef("epsilon %v: must lie between 1e-9 and 1, such as 0.01", b.Epsilon)
	}
	if _, err := b.options(); err != nil {
		return err
	}
	meter := progress.New(os.Stderr, progress.Mode(b.Progress))
	defer meter.Done()
	o.Phase = func(what string, done, total int) { meter.Update(what, "batches", int64(done), int64(total)) }
	g, _, err := b.load(ctx, c, b.Graph, meter)
	if err != nil {
		return err
	}
	r, err := bench.Speed(ctx, b.Graph, g.Problem, o)
	if err != nil {
		return err
	}
	meter.Done()
	return printReport(c, b.JSON, r)
}
