package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"freshrank/batch"
	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/config"
	"freshrank/cmd/freshrank/internal/priority"
	"freshrank/cmd/freshrank/internal/progress"
)

type batchCmd struct {
	Start batchStartCmd `cmd:"" default:"withargs" help:"Scheduler and runner, until stopped; the default."`
	Run   batchRunCmd   `cmd:"" name:"run" help:"One recomputation now."`
}

func (batchCmd) Help() string {
	return `Archives the log, folds it into the link graph, ranks the graph and publishes a
generation: on schedule, on request through the API, or now with "batch run".
Of several runners one is active; the others stand by.

Example:

    freshrank batch --database postgres://freshrank_batch@db/freshrank --brokers kafka:9092 --schedule "0 */6 * * *"
    freshrank batch run`
}

// BatchFlags are those of both.
type BatchFlags struct {
	config.Common   `embed:"" group:"Common options:"`
	config.Log      `embed:"" group:"Log options:"`
	config.Database `embed:"" group:"Database options:"`
	config.Limits   `embed:"" group:"Event limits:"`
	config.Batch    `embed:"" group:"Batch options:"`

	Nice int `default:"10" group:"Batch options:" help:"Nice value of this process, 0 to 19: the speed layer, the API and Postgres come first where they share its processors (${default})."`
}

// Validate is called by the parser.
func (b *BatchFlags) Validate() error {
	if b.Nice < 0 || b.Nice > 19 {
		return fmt.Errorf("--nice %d: must be from 0 to 19", b.Nice)
	}
	return nil
}

// wire connects the runner to the log, the database and the data folder; here is
// batch.Options.Here.
func (b *BatchFlags) wire(ctx context.Context, s *services, log *slog.Logger, here bool) (*wiring, *batch.Runner, error) {
	if err := priority.Lower(b.Nice); err != nil {
		log.WarnContext(ctx, "batch runs take as much of the processors as others", "error", err)
	}
	dir, err := openData(b.Data)
	if err != nil {
		return nil, nil, err
	}
	w := newWiring(s, dir, b.Log, b.Limits, log)
	runner, err := w.batchRunner(ctx, b.Data, b.Batch, here)
	if err != nil {
		return nil, nil, errors.Join(err, w.close())
	}
	return w, runner, nil
}

type batchStartCmd struct {
	BatchFlags     `embed:""`
	config.Metrics `embed:"" group:"Metrics options:"`
}

func (batchStartCmd) Help() string { return batchCmd{}.Help() }

func (b *batchStartCmd) Run(ctx context.Context, c *call) (err error) {
	log, err := c.logger(b.Common)
	if err != nil {
		return err
	}
	s, err := attach(ctx, b.Common, b.Log, b.Database)
	if err != nil {
		return boot.Ended(ctx, err)
	}
	w, runner, err := b.wire(ctx, s, log, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	parts, err := metricsParts(ctx, b.Metrics, w)
	if err != nil {
		return err
	}
	return boot.RunGroup(ctx, append(parts, boot.Part{Name: "batch layer", Run: runner.Run})...)
}

type batchRunCmd struct {
	BatchFlags `embed:""`
	Progress   string `enum:"auto,plain,json,none" default:"auto" help:"auto, plain, json or none (${default})."`
	Estimate   bool   `help:"Only say what a run would take."`
	JSON       bool   `name:"json" help:"Print the run, or the estimate, as JSON."`
}

func (batchRunCmd) Help() string {
	return `Runs here if no runner is active, and otherwise has the active one do it and
follows. That one has batch options of its own: if any is given here, it is
refused. Exit code 75 for that, and if a run is open already. Where neither --database and
--brokers nor a running freshrank up are there, the embedded parts of the data
folder are started for the time of the run.

A run is estimated first, from the size of the newest graph and the events that
wait. One that memory or disk will not suffice for is refused before it begins.
--estimate prints that and ends.

Example:

    freshrank batch run --data ./freshrank-data
    freshrank batch run --data ./freshrank-data --estimate`
}

func (b *batchRunCmd) Run(ctx context.Context, c *call) (err error) {
	log, err := c.logger(b.Common)
	if err != nil {
		return err
	}
	s, err := attachOrStart(ctx, b.Common, b.Log, b.Database, b.Limits, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	own := b.own(c)
	w, runner, err := b.wire(ctx, s.services, log, len(own) > 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if b.Estimate {
		return b.estimate(ctx, c, runner)
	}
	meter := progress.New(os.Stderr, progress.Mode(b.Progress))
	run, err := runner.RunOnce(ctx, func(r batch.Run) {
		meter.Report(progress.Report{Phase: string(r.Phase), Percent: 100 * r.Done, Rate: r.Rate, Unit: r.Unit, Left: r.Left})
	})
	meter.Done()
	if len(own) > 0 && errors.Is(err, batch.ErrLeaseHeld) {
		return boot.Locked(fmt.Errorf("%w and would run without %s: stop it, run this again, and start it afterwards", err, strings.Join(own, ", ")))
	}
	if errors.Is(err, batch.ErrRunOpen) || errors.Is(err, batch.ErrLeaseHeld) {
		return boot.Locked(err)
	}
	if err != nil {
		return err
	}
	if b.JSON {
		return json.NewEncoder(c.stdout).Encode(run)
	}
	fmt.Fprintf(c.stdout, "generation %d published by run %s: %d sweeps, ‖π−π̃‖₁ ≤ %.3g\n", run.Generation, run.ID, run.Sweeps, run.Bound)
	return nil
}

// own returns the options that a run must be made with, and that another runner would make
// it without: what a file or the environment says is as good as what that one was told,
// but for --accept-gap and --ignore-estimate, which are meant for one run.
func (b *batchRunCmd) own(c *call) []string {
	own := slices.DeleteFunc(c.given("Batch options:"), func(name string) bool {
		return name == "--schedule" || name == "--nice"
	})
	for name, set := range map[string]bool{"--accept-gap": b.AcceptGap, "--ignore-estimate": b.IgnoreEstimate} {
		if set && !slices.Contains(own, name) {
			own = append(own, name)
		}
	}
	slices.Sort(own)
	return own
}

// estimate prints what a run would take.
func (b *batchRunCmd) estimate(ctx context.Context, c *call, runner *batch.Runner) error {
	e, err := runner.Estimate(ctx)
	if err != nil {
		return err
	}
	if b.JSON {
		return json.NewEncoder(c.stdout).Encode(struct {
			batch.Estimate
			Total float64 `json:"seconds"`
		}{e, e.Seconds.Total()})
	}
	from := "nothing"
	if e.Graph != nil {
		from = fmt.Sprintf("graph %d (%d pages, %d links)", *e.Graph, e.Pages, e.Links)
	}
	basis := "cautious defaults, as there is no earlier run of such a size"
	if e.Measured {
		basis = "as earlier runs took"
	}
	fmt.Fprintf(c.stdout, "from     %s and %d events\n", from, e.Events)
	fmt.Fprintf(c.stdout, "memory   %s at most, of this process\n", batch.Bytes(e.Memory))
	fmt.Fprintf(c.stdout, "disk     %s in the data folder, %s in Postgres; %s in both once %d generations are kept\n",
		batch.Bytes(e.Files), batch.Bytes(e.Tables), batch.Bytes(e.Retained), b.Keep)
	fmt.Fprintf(c.stdout, "time     %.0f s: archive %.0f, fold %.0f, rank %.0f, publish %.0f (%s)\n",
		e.Seconds.Total(), e.Seconds.Archive, e.Seconds.Fold, e.Seconds.Rank, e.Seconds.Publish, basis)
	if e.Refused != "" {
		fmt.Fprintf(c.stdout, "refused  %s\n", e.Refused)
	}
	return nil
}
