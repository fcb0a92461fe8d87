package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"freshrank/batch/linkfile"
	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/config"
	"freshrank/cmd/freshrank/internal/importer"
	"freshrank/cmd/freshrank/internal/progress"
	"freshrank/pagerank/linkgraph"
)

type importCmd struct {
	EdgeList    importEdgeListCmd    `cmd:"" name:"edgelist" help:"Text with two page numbers a line."`
	CSV         importCSVCmd         `cmd:"" name:"csv" help:"CSV with a source URL and a target URL a row."`
	TSV         importTSVCmd         `cmd:"" name:"tsv" help:"The same with tabs."`
	Parquet     importParquetCmd     `cmd:"" name:"parquet" help:"Parquet with the columns source and target."`
	CommonCrawl importCommonCrawlCmd `cmd:"" name:"commoncrawl" help:"Host or domain graph of a Common Crawl release."`
	WAT         importWATCmd         `cmd:"" name:"wat" help:"Pages of Common Crawl WAT files, as events for submit."`
}

func (importCmd) Help() string {
	return `Makes the first link graph of a data folder that has none. Pages with links of
their own count as crawled. Text may be packed with gzip.

Links given twice, links of a page to itself and links with a URL that no page can
have are dropped and counted. On any other fault nothing is changed: start again
once it is mended. docs/import.md has the formats.

wat makes no graph but events, which any graph can take: see its help.

Example:

    freshrank import edgelist web-Google.txt.gz --prefix web.example
    freshrank up`
}

type ImportFlags struct {
	config.Common `embed:"" group:"Common options:"`
	config.Limits `embed:"" group:"Event limits:"`
	Progress      string `enum:"auto,plain,json,none" default:"auto" help:"auto, plain, json or none (${default})."`
	Strict        bool   `help:"Stop at the first URL that no page can have, instead of counting it."`
	JSON          bool   `name:"json" help:"Print the summary as JSON."`
}

// startPart gives each goroutine of a reader what it fills.
type startPart = func() importer.Pages

// importFiles makes the first graph of a data folder from what read adds.
func importFiles(ctx context.Context, c *call, o ImportFlags, files []string, read func([]*importer.Source, importer.Options, startPart) (importer.Report, error)) error {
	return importGraph(ctx, c, o, strings.Join(files, ", "), func(b *linkgraph.Builder, meter *progress.Meter) (importer.Report, error) {
		return readFiles(c.stdin, b, files, o, meter, read)
	})
}

func importGraph(ctx context.Context, c *call, o ImportFlags, files string, fill func(*linkgraph.Builder, *progress.Meter) (importer.Report, error)) (err error) {
	began := time.Now()
	defer leanHeap()()
	// A folder that is ours is looked at first: reading may take long. One that
	// is not yet is made last: a fault of the input must leave no trace.
	var target *importTarget
	there, err := linkfile.Exists(ctx, o.Data)
	if err != nil {
		return boot.Usage(err)
	}
	if there {
		if target, err = openTarget(ctx, o.Data); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, target.Close()) }()
	}
	meter := progress.New(os.Stderr, progress.Mode(o.Progress))
	defer meter.Done()
	b := linkgraph.NewBuilder()
	report, err := fill(b, meter)
	if bad := (*importer.InputError)(nil); errors.As(err, &bad) {
		return boot.Usage(err)
	}
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted; nothing was imported")
	}
	if err != nil {
		return err
	}
	s := b.Stats()
	meter.Update("sort", "links", s.Links, 0)
	g, err := b.Graph()
	if errors.Is(err, linkgraph.ErrNoPages) || errors.Is(err, linkgraph.ErrNoLinks) {
		return boot.Usagef("%s: %v (%d self-links dropped%s): there is nothing to rank; give a file with links", files, err, s.SelfLoops, dropped(report))
	} else if err != nil {
		return fmt.Errorf("build graph: %w", err)
	}
	if target == nil {
		if target, err = openTarget(ctx, o.Data); err != nil {
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
	return importSummary{
		Data: o.Data, Pages: s.Pages, Links: s.Links, Duplicates: s.Duplicates, SelfLinks: s.SelfLoops,
		Dropped: report.Drops, Seconds: time.Since(began).Seconds(),
	}.print(c.stdout, o.JSON)
}

// leanHeap makes the heap grow by a quarter between collections instead of by its own
// size: a graph being built or held has hardly a pointer, which makes them cheap, and is
// nearly all there is. It returns what undoes it.
func leanHeap() (undo func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	old := debug.SetGCPercent(25)
	return func() { debug.SetGCPercent(old) }
}

func readFiles(stdin io.Reader, b *linkgraph.Builder, files []string, o ImportFlags, meter *progress.Meter, read func([]*importer.Source, importer.Options, startPart) (importer.Report, error)) (report importer.Report, err error) {
	var in []*importer.Source
	var size int64
	for _, file := range files {
		s, err := importer.Open(file, stdin)
		if err != nil {
			return report, err
		}
		defer func() { err = errors.Join(err, s.Close()) }()
		in, size = append(in, s), size+s.Size
	}
	tell := func() {
		var done int64
		for _, s := range in {
			done += s.BytesRead()
		}
		meter.Update("read", "bytes", done, size)
	}
	return read(in, importer.Options{MaxURL: o.MaxURLBytes, Strict: o.Strict, Progress: tell}, func() importer.Pages { return b.Part() })
}

// importSummary is what an import did.
type importSummary struct {
	Data       string          `json:"data"`
	Pages      int64           `json:"pages"`
	Links      int64           `json:"links"`
	Duplicates int64           `json:"duplicates"`
	SelfLinks  int64           `json:"self_links"`
	Dropped    []importer.Drop `json:"dropped"`
	Seconds    float64         `json:"seconds"`
}

func (s importSummary) print(w io.Writer, asJSON bool) error {
	if asJSON {
		if s.Dropped == nil {
			s.Dropped = []importer.Drop{}
		}
		return json.NewEncoder(w).Encode(s)
	}
	took := time.Duration(s.Seconds * float64(time.Second)).Round(time.Millisecond)
	fmt.Fprintf(w, "imported %d pages and %d links into %s in %s\ndropped %d duplicates and %d self-links\n",
		s.Pages, s.Links, s.Data, took, s.Duplicates, s.SelfLinks)
	for _, d := range s.Dropped {
		fmt.Fprintf(w, "dropped %v\n", d)
	}
	return nil
}

// dropped continues a message with what else was dropped.
func dropped(r importer.Report) string {
	text := ""
	for _, d := range r.Drops {
		text += fmt.Sprintf("; %v", d)
	}
	return text
}

// importTarget is a locked data folder without a graph.
type importTarget struct {
	dir  *linkfile.Dir
	lock *boot.Lock
}

func (t *importTarget) Close() error { return t.lock.Release() }

func openTarget(ctx context.Context, data string) (_ *importTarget, err error) {
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
	gen, ok, err := dir.LatestGraph(ctx)
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
