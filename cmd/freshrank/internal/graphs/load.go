package graphs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"freshrank/batch/linkfile"
	"freshrank/cmd/freshrank/internal/boot"
	"freshrank/cmd/freshrank/internal/importer"
	"freshrank/cmd/freshrank/internal/progress"
	"freshrank/pagerank"
	"freshrank/pagerank/csr"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
	"freshrank/pagerank/pageranktest"
)

// Graph is what to rank, and how its pages are called.
type Graph struct {
	pagerank.Problem
	Dropped, SelfLoops int // copies of a link, links of a page to itself; of an edge list

	numbers []uint32        // by page, as the input has them; nil: the page's own number
	urls    *linkgraph.URLs // nil: pages are called by number
}

// Pages returns how many pages have a rank.
func (g *Graph) Pages() int {
	if g.Member == nil {
		return g.Out.Pages()
	}
	n := 0
	for _, member := range g.Member {
		if member {
			n++
		}
	}
	return n
}

// Number returns what the input calls page p.
func (g *Graph) Number(p int) uint32 {
	if g.numbers == nil {
		return uint32(p)
	}
	return g.numbers[p]
}

// URL returns the URL of page p; false if pages are called by number.
func (g *Graph) URL(p int) (string, bool) {
	if g.urls == nil {
		return "", false
	}
	return g.urls.At(link.Page(p)), true
}

// Source says how to read or make a graph.
type Source struct {
	Spec   Spec
	Seed   uint64
	Policy link.RelPolicy // of a data folder or CSV
	MaxURL int
	Stdin  io.Reader
	Meter  *progress.Meter
}

// Load reads or makes a graph. Faults of the input have the exit code of wrong usage.
func (s Source) Load(ctx context.Context) (*Graph, error) {
	switch s.Spec.Kind {
	case "kron":
		return made(pageranktest.Kron(s.Seed, s.Spec.A, s.Spec.B))
	case "uniform":
		return made(pageranktest.Uniform(s.Seed, s.Spec.A, s.Spec.B))
	case "web":
		return made(pageranktest.NewWeb(s.Seed, s.Spec.A, s.Spec.B).Graph())
	case "web-shuffled":
		return made(pageranktest.Shuffled(s.Seed, pageranktest.NewWeb(s.Seed, s.Spec.A, s.Spec.B).Graph()))
	}
	if boot.Remote(s.Spec.Path) {
		return s.folder(ctx)
	}
	if fi, err := os.Stat(s.Spec.Path); err == nil && fi.IsDir() {
		return s.folder(ctx)
	}
	return s.file(ctx)
}

func made(out *csr.Graph) (*Graph, error) {
	return &Graph{Problem: pagerank.Problem{Out: out}}, nil
}

// folder reads the newest graph of a data folder, of this machine or in a bucket.
func (s Source) folder(ctx context.Context) (*Graph, error) {
	path := s.Spec.Path
	if there, err := linkfile.Exists(ctx, path); err != nil {
		return nil, boot.Usage(fmt.Errorf("graph %s: %w", path, err))
	} else if !there {
		return nil, boot.Usagef("graph %s: a folder without freshrank.json; name a data folder, an edge list or a CSV file", path)
	}
	dir, err := linkfile.Open(path)
	if err != nil {
		return nil, boot.Usage(err)
	}
	gen, ok, err := dir.LatestGraph(ctx)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, boot.Usagef("graph %s: the data folder has no graph yet; `freshrank import` makes one", path)
	}
	g, _, err := dir.ReadGraph(ctx, gen)
	if err != nil {
		return nil, err
	}
	return s.effective(g)
}

func (s Source) effective(g *linkgraph.Graph) (*Graph, error) {
	e := g.Effective(s.Policy)
	if e.Pages == 0 {
		return nil, boot.Usagef("graph %s: has no pages to rank", s.Spec.Path)
	}
	return &Graph{Problem: pagerank.Problem{Out: e.Out, Member: e.Member}, urls: &g.URLs}, nil
}

// file reads an edge list, or URLs from a file whose name says that it is CSV.
func (s Source) file(ctx context.Context) (_ *Graph, err error) {
	in, err := importer.Open(s.Spec.Path, s.Stdin)
	if err != nil {
		return nil, boot.Usage(err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	tell := func() { s.Meter.Update("read", "bytes", in.BytesRead(), in.Size) }
	if strings.HasSuffix(strings.TrimSuffix(s.Spec.Path, ".gz"), ".csv") {
		b := linkgraph.NewBuilder()
		// A URL that no page can have is a fault here: there is nowhere to report it.
		o := importer.Options{MaxURL: s.MaxURL, Strict: true, Progress: tell}
		if _, err := importer.CSV(ctx, in.Name, in, o, func() importer.Pages { return b.Part() }); err != nil {
			return nil, input(err)
		}
		g, err := b.Graph()
		if err != nil {
			return nil, boot.Usagef("graph %s: %v: there is nothing to rank", s.Spec.Path, err)
		}
		return s.effective(g)
	}
	b := csr.Builder{Dedupe: true, DropLoops: true}
	self, err := importer.Numbers(ctx, in.Name, in, func() importer.Links { return b.Part() }, tell)
	if err != nil {
		return nil, input(err)
	}
	if b.Links() == int(self) {
		return nil, boot.Usagef("graph %s: no links between different pages (%d self-links dropped): there is nothing to rank", s.Spec.Path, self)
	}
	s.Meter.Update("build", "links", int64(b.Links()), 0)
	g := &Graph{SelfLoops: int(self)}
	numbers := b.Renumber()
	if int(numbers[len(numbers)-1]) != len(numbers)-1 {
		g.numbers = numbers
	}
	if g.Out, err = b.Build(len(numbers)); err != nil {
		return nil, fmt.Errorf("build graph: %w", err)
	}
	g.Dropped = b.Dropped() - g.SelfLoops
	return g, nil
}

// input marks a fault of the input as such.
func input(err error) error {
	var bad *importer.InputError
	if errors.As(err, &bad) {
		return boot.Usage(err)
	}
	return err
}
