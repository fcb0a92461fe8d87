package main

import (
	"context"
	"encoding/json"
	"errors"

	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/config"
	"freshrank/cmd/freshrank/internal/verify"
	"freshrank/pagerank/pageranktest"
)

type verifyCmd struct {
	config.Common   `embed:"" group:"Common options:"`
	config.Log      `embed:"" group:"Log options:"`
	config.Database `embed:"" group:"Database options:"`
	config.Limits   `embed:"" group:"Event limits:"`

	Random int    `placeholder:"N" help:"Check the master property on N random sequences of events, in memory, instead."`
	Seed   uint64 `default:"1" help:"Seed of those sequences (${default})."`
	JSON   bool   `name:"json" help:"Print the report as JSON."`
}

func (verifyCmd) Help() string {
	return `Reads all that is served as of one moment, replays the import and every event up
to exactly the offsets which that covers, solves the equation by another method,
and holds every page against its stated interval. Works beside a running freshrank
up on the same data folder, starts the embedded parts itself where none runs, and
takes --database and --brokers. Exit code 1 if any page is outside.

Example:

    freshrank verify
    freshrank verify --random 1000 --seed 7`
}

// verifyReport is what either kind of check returns.
type verifyReport interface {
	OK() bool
}

func (v *verifyCmd) Run(ctx context.Context, c *call) error {
	if v.Random < 0 {
		return boot.Usagef("random %d: must not be negative", v.Random)
	}
	if v.Random > 0 {
		r, err := verify.Random(ctx, v.Random, v.Seed)
		if err != nil {
			return err
		}
		return v.print(c, r, func() { r.Print(c.stdout) })
	}
	r, err := v.data(ctx, c)
	if err != nil {
		return err
	}
	return v.print(c, r, func() { r.Print(c.stdout) })
}

func (v *verifyCmd) print(c *call, r verifyReport, text func()) error {
	if v.JSON {
		if err := json.NewEncoder(c.stdout).Encode(r); err != nil {
			return err
		}
	} else {
		text()
	}
	if !r.OK() {
		return errReported
	}
	return nil
}

// data checks what is served of the data folder.
func (v *verifyCmd) data(ctx context.Context, c *call) (_ *verify.Report, err error) {
	log, err := c.logger(v.Common)
	if err != nil {
		return nil, err
	}
	s, err := attachOrStart(ctx, v.Common, v.Log, v.Database, v.Limits, log)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	dir, err := openData(v.Data)
	if err != nil {
		return nil, err
	}
	served, err := v.read(ctx, s)
	if err != nil {
		return nil, err
	}
	w := newWiring(s.services, dir, v.Log, v.Limits, log)
	defer func() { err = errors.Join(err, w.close()) }()
	live, err := w.archiver(false)
	if err != nil {
		return nil, err
	}
	master, err := verify.ReadMaster(ctx, dir, live, served.Offsets, v.Limits.Link())
	if err != nil {
		return nil, err
	}
	truth := pageranktest.TruthAfter(master.Import, master.Events, served.Policy, served.Certificate.Damping)
	r := verify.Compare(served.Rows, served.Certificate, truth)
	r.Generation, r.View, r.Sequence, r.Offsets = served.Generation, served.View, served.Sequence, served.Offsets
	r.Imported, r.Events, r.Refused = master.Imported, len(master.Events), master.Refused
	return r, nil
}

func (v *verifyCmd) read(ctx context.Context, s *lockedServices) (_ *verify.Served, err error) {
	conn, err := boot.Direct(s.direct, boot.ServingRole)(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	return verify.Read(ctx, conn)
}
