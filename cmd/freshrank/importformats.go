package main

import (
	"context"

	"freshrank/cmd/freshrank/internal/importer"
	"freshrank/cmd/freshrank/internal/progress"
	"freshrank/pagerank/linkgraph"
)

type importEdgeListCmd struct {
	ImportFlags `embed:""`
	File        string `arg:"" help:"File; - is standard input."`
	Prefix      string `default:"example.org" placeholder:"HOST" help:"Page n becomes http://HOST/n (${default})."`
}

func (importEdgeListCmd) Help() string {
	return "Example:\n\n    freshrank import edgelist cnr-2000.edges.txt.gz --prefix cnr.example"
}

func (i *importEdgeListCmd) Run(ctx context.Context, c *call) error {
	return importFiles(ctx, c, i.ImportFlags, []string{i.File}, func(in []*importer.Source, o importer.Options, start startPart) (importer.Report, error) {
		return importer.EdgeList(ctx, in[0].Name, in[0], i.Prefix, o, start)
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
	return importFiles(ctx, c, i.ImportFlags, []string{i.File}, func(in []*importer.Source, o importer.Options, start startPart) (importer.Report, error) {
		return importer.CSV(ctx, in[0].Name, in[0], o, start)
	})
}

type importTSVCmd struct {
	ImportFlags `embed:""`
	File        string `arg:"" help:"File; - is standard input."`
}

func (importTSVCmd) Help() string {
	return `As csv, with a tab between two columns and no quotes.

Example:

    freshrank import tsv links.tsv.gz`
}

func (i *importTSVCmd) Run(ctx context.Context, c *call) error {
	return importFiles(ctx, c, i.ImportFlags, []string{i.File}, func(in []*importer.Source, o importer.Options, start startPart) (importer.Report, error) {
		return importer.TSV(ctx, in[0].Name, in[0], o, start)
	})
}

type importParquetCmd struct {
	ImportFlags `embed:""`
	File        string `arg:"" help:"File."`
}

func (importParquetCmd) Help() string {
	return `The columns are source, target and, if there is one, rel, all strings, among others.

Example:

    freshrank import parquet links.parquet`
}

func (i *importParquetCmd) Run(ctx context.Context, c *call) error {
	return importGraph(ctx, c, i.ImportFlags, i.File, func(b *linkgraph.Builder, meter *progress.Meter) (importer.Report, error) {
		tell := func(rows, all int64) { meter.Update("read", "rows", rows, all) }
		return importer.Parquet(ctx, i.File, importer.Options{MaxURL: i.MaxURLBytes, Strict: i.Strict}, func() importer.Pages { return b.Part() }, tell)
	})
}

type importCommonCrawlCmd struct {
	ImportFlags `embed:""`
	Vertices    string `arg:"" help:"File of hosts or domains by number, such as cc-main-…-host-vertices.txt.gz."`
	Edges       string `arg:"" help:"File of links by number, such as cc-main-…-host-edges.txt.gz."`
}

func (importCommonCrawlCmd) Help() string {
	return `Each host, or domain, becomes the page http://HOST/.

Example:

    freshrank import commoncrawl cc-main-domain-vertices.txt.gz cc-main-domain-edges.txt.gz`
}

func (i *importCommonCrawlCmd) Run(ctx context.Context, c *call) error {
	return importFiles(ctx, c, i.ImportFlags, []string{i.Vertices, i.Edges}, func(in []*importer.Source, o importer.Options, start startPart) (importer.Report, error) {
		return importer.CommonCrawl(ctx, in[0], in[1], o, start)
	})
}
