// Command freshrank keeps PageRank fresh: see README.md. One file per
// subcommand, each of which turns configuration into wiring and calls Run.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	_ "time/tzdata" // schedules name time zones; small images have none

	"github.com/alecthomas/kong"

	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/config"
)

// cli is the command line. The order is the one a newcomer needs them in.
type cli struct {
	Up       upCmd       `cmd:"" help:"Everything in one process."`
	Import   importCmd   `cmd:"" help:"Make the first link graph from a file."`
	Submit   submitCmd   `cmd:"" help:"Send events to the API."`
	Generate generateCmd `cmd:"" help:"Make up a web-like graph or an event feed."`
	Rank     rankCmd     `cmd:"" help:"Rank a graph file offline."`
	Verify   verifyCmd   `cmd:"" help:"Recompute from the master data and compare with what is served."`
	Batch    batchCmd    `cmd:"" help:"The batch layer: scheduler and runner."`
	Speed    speedCmd    `cmd:"" help:"The speed layer."`
	Serve    serveCmd    `cmd:"" help:"The API."`
	Keys     keysCmd     `cmd:"" help:"Make, list and revoke API keys."`
	DLQ      dlqCmd      `cmd:"" name:"dlq" help:"Records that could not be used: list them, or send them again."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database's schema up to date."`
	Bench    benchCmd    `cmd:"" help:"Measure the two kernels or the API, and the machine with them."`
	Config   configCmd   `cmd:"" help:"Show or check the configuration."`
	Version  versionCmd  `cmd:"" help:"Say which build this is."`
}

// call is what a subcommand is given.
type call struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	kong           *kong.Context
}

func main() {
	ctx, stop := boot.Signals(context.Background())
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program; it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	code := -1
	parser, err := newParser(stdout, stderr, func(c int) { code = c })
	if err != nil {
		fmt.Fprintf(stderr, "freshrank: %v\n", err)
		return boot.ExitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	kctx, err := parser.Parse(args)
	if code >= 0 { // --help has been printed
		return code
	}
	if file := (*config.Error)(nil); errors.As(err, &file) {
		err = file // without the flag that happened to be looked up first
	}
	if err == nil {
		err = config.CheckEnv(os.Environ())
	}
	if err == nil {
		err = config.Validate(kctx.Selected().Target.Addr().Interface())
	}
	if err != nil {
		return report(stderr, boot.Usage(err))
	}
	kctx.BindTo(ctx, (*context.Context)(nil))
	return report(stderr, kctx.Run(&call{stdin: stdin, stdout: stdout, stderr: stderr, kong: kctx}))
}

// report prints an error, one fault a line, and returns the exit code.
func report(stderr io.Writer, err error) int {
	code := boot.ExitCode(err)
	if err != nil && !errors.Is(err, errReported) {
		for _, line := range strings.Split(err.Error(), "\n") {
			fmt.Fprintf(stderr, "freshrank: %s\n", line)
		}
	}
	return code
}

// errReported fails a command that has already said why.
var errReported = errors.New("reported")

func newParser(stdout, stderr io.Writer, exit func(int)) (*kong.Kong, error) {
	return kong.New(&cli{},
		kong.Name("freshrank"),
		kong.Description("Freshrank keeps PageRank fresh, and says with every answer how far from the truth it can be and how old it is.\n\nTry `freshrank up --demo`."),
		kong.Writers(stdout, stderr),
		kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 110}),
		kong.Resolvers(&config.File{}),
		kong.PostBuild(func(k *kong.Kong) error { return nameVariables(k.Model.Node) }),
	)
}

// nameVariables gives every option its environment variable.
func nameVariables(node *kong.Node) error {
	for _, flag := range node.Flags {
		if config.IsOption(flag.Name) {
			flag.Envs = []string{config.EnvName(flag.Name)}
			flag.Value.Tag.Envs = flag.Envs
		}
	}
	for _, child := range node.Children {
		if err := nameVariables(child); err != nil {
			return err
		}
	}
	return nil
}

// logger is for commands that run on; it writes to standard error.
func (c *call) logger(o config.Common) (*slog.Logger, error) {
	f, ok := c.stderr.(*os.File)
	if !ok {
		f = os.Stderr
	}
	return boot.Logger(f, o.LogLevel, o.LogFormat)
}

// given returns the options of a group that stand on the command line, not in a file or
// the environment.
func (c *call) given(group string) (names []string) {
	for _, p := range c.kong.Path {
		if f := p.Flag; f != nil && !p.Resolved && f.Group != nil && f.Group.Title == group {
			names = append(names, "--"+f.Name)
		}
	}
	return names
}
