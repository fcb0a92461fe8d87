package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"freshrank/batch/linkfile"
	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/config"
	"freshrank/cmd/freshrank/internal/importer"
	"freshrank/cmd/freshrank/internal/progress"
	"freshrank/pagerank/linkgraph"
)

type importCmd struct {
	EdgeList importEdgeListCmd `cmd:"" name:"edgelist" help:"Text with two page numbers a line, plain or gzip."`
	CSV      importCSVCmd      `cmd:"" name:"csv" help:"CSV with a source URL and a target URL a row, plain or gzip."`
}

func (importCmd) Help() string {
	return `Makes the first link graph of a data folder that has none. Pages with links of
their own count as crawled. Links given twice and links of a page to itself are
dropped and counted. On any fault of the input nothing is changed.

Example:

    freshrank import edgelist web-Google.txt.gz --prefix web.example
    freshrank up`
}

type ImportFlags struct {
	config.Common `embed:"" group:"Common options:"`
	config.Limits `embed:"" group:"Event limits:"`
	Progress      string `enum:"auto,plain,json,none" default:"auto" help:"auto, plain, json or none (${default})."`
}

type importEdgeListCmd struct {
	ImportFlags `embed:""`
	File        string `arg:"" help:"File; - is standard input."`
	Prefix      string `default:"example.org" placeholder:"HOST" help:"Page n becomes http://HOST/n (${default})."`
}

func (importEdgeListCmd) Help() string {
	return "Example:\n\n    freshrank import edgelist cnr-2000.edges.txt.gz --prefix cnr.example"
}

func (i *importEdgeListCmd) Run(ctx context.Context, c *call) error {
	return importFile(ctx, c, i.ImportFlags, i.File, func(s *importer.Source, to importer.Graph, progress func(int64)) error {
		return importer.EdgeList(ctx, s.Name, s, i.Prefix, i.MaxURLBytes, to, progress)
	})
}

type importCSVCmd struct {
	ImportFlags `embed:""`
	File        string `arg:"" help:"File; - is standard input."`
}

func (importCSVCmd) Help() string {
	return `A first row without a URL names the columns: source, target and, if there is one,
rel with the words nofollow, ugc, sponsored.

Example:

    printf 'source,target\nhttps://a.example/,https://b.example/\n' | freshrank import csv -`
}

func (i *importCSVCmd) Run(ctx context.Context, c *call) error {
	return importFile(ctx, c, i.ImportFlags, i.File, func(s *importer.Source, to importer.Graph, progress func(int64)) error {
		return importer.CSV(ctx, s.Name, s, i.MaxURLBytes, to, progress)
	})
}

func importFile(ctx context.Context, c *call, o ImportFlags, file string, read func(*importer.Source, importer.Graph, func(int64)) error) (err error) {
	began := time.Now()
	// A folder that is ours is looked at first: reading may take long. One that
	// is not yet is made last: a fault of the input must leave no trace.
	var target *importTarget
	if _, statErr := os.Stat(filepath.Join(o.Data, "freshrank.json")); statErr == nil {
		if target, err = openTarget(o.Data); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, target.Close()) }()
	}
	meter := progress.New(os.Stderr, progress.Mode(o.Progress))
	defer meter.Done()
	b := linkgraph.NewBuilder()
	if err := readInto(c.stdin, b, file, meter, read); err != nil {
		return err
	}
	s := b.Stats()
	meter.Update("sort", "links", s.Links, 0)
	g, err := b.Graph()
	if errors.Is(err, linkgraph.ErrNoPages) || errors.Is(err, linkgraph.ErrNoLinks) {
		return boot.Usagef("%s: %v (%d self-links dropped): there is nothing to rank; give a file with links", file, err, s.SelfLoops)
	} else if err != nil {
		return fmt.Errorf("build graph: %w", err)
	}
	if target == nil {
		if target, err = openTarget(o.Data); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, target.Close()) }()
	}
	s = b.Stats()
	meter.Update("write", "links", s.Links, 0)
	if err := target.dir.WriteGraph(ctx, 0, g, nil, time.Now().UTC()); err != nil {
		return fmt.Errorf("write graph: %w", err)
	}
	meter.Done()
	fmt.Fprintf(c.stdout, "imported %d pages and %d links into %s in %s\ndropped %d duplicates and %d self-links\n",
		s.Pages, s.Links, o.Data, time.Since(began).Round(time.Millisecond), s.Duplicates, s.SelfLoops)
	return nil
}

func readInto(stdin io.Reader, b *linkgraph.Builder, file string, meter *progress.Meter, read func(*importer.Source, importer.Graph, func(int64)) error) (err error) {
	in, err := importer.Open(file, stdin)
	if err != nil {
		return boot.Usage(err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	err = read(in, b, func(int64) { meter.Update("read", "bytes", in.BytesRead(), in.Size) })
	var bad *importer.InputError
	if errors.As(err, &bad) {
		return boot.Usage(err)
	}
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted; nothing was imported")
	}
	return err
}

// importTarget is a locked data folder without a graph.
type importTarget struct {
	dir  *linkfile.Dir
	lock *boot.Lock
}

func (t *importTarget) Close() error { return t.lock.Release() }

func openTarget(data string) (_ *importTarget, err error) {
	dir, err := openData(data)
	if err != nil {
		return nil, err
	}
	lock, err := boot.Acquire(data)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, lock.Release())
		}
	}()
	gen, ok, err := dir.LatestGraph()
	if err != nil {
		return nil, err
	}
	if ok {
		return nil, boot.Usagef("data folder %s: has a graph already (generation %d); import into another folder with --data, or send events with `freshrank submit`", data, gen)
	}
	return &importTarget{dir: dir, lock: lock}, nil
}

// openData opens the data folder; a folder of another version or with damage is
// bad input.
func openData(data string) (*linkfile.Dir, error) {
	dir, err := linkfile.Open(data)
	var version *linkfile.VersionError
	var corrupt *linkfile.CorruptError
	if errors.As(err, &version) || errors.As(err, &corrupt) || errors.Is(err, os.ErrPermission) {
		return nil, boot.Usage(err)
	}
	return dir, err
}
