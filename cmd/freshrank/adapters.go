package main

import (
	"context"

	"freshrank/batch"
	"freshrank/batch/linkfile"
	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// batchFiles gives the batch layer the data folder in its own types.
type batchFiles struct{ *linkfile.Dir }

var _ batch.Files = batchFiles{}

// GraphSize implements [batch.Files].
func (f batchFiles) GraphSize(ctx context.Context, generation int64) (batch.GraphSize, error) {
	m, err := f.GraphManifest(ctx, generation)
	s := batch.GraphSize{Pages: m.Pages, Links: m.Links, Cut: m.Cut}
	for _, file := range m.Files {
		s.Bytes += file.Bytes
	}
	return s, err
}

// ReadGraph implements [batch.Files].
func (f batchFiles) ReadGraph(ctx context.Context, generation int64) (*linkgraph.Graph, error) {
	g, _, err := f.Dir.ReadGraph(ctx, generation)
	return g, err
}

// ReadRanks implements [batch.Files].
func (f batchFiles) ReadRanks(ctx context.Context, generation int64, g *linkgraph.Graph) (x, residual []float64, err error) {
	x, residual, _, err = f.Dir.ReadRanks(ctx, generation, g)
	return x, residual, err
}

// WriteRanks implements [batch.Files].
func (f batchFiles) WriteRanks(ctx context.Context, generation int64, g *linkgraph.Graph, member []bool, r *pagerank.Result, p batch.Parameters, cut link.Offsets) error {
	return f.Dir.WriteRanks(ctx, generation, g, member, r, linkfile.Parameters{
		Damping: p.Damping, RelPolicy: p.RelPolicy, Tolerance: p.Tolerance, URLPolicy: p.URLPolicy, PublicSuffixList: p.PublicSuffixList,
	}, cut)
}

// speedLoader reads for the speed layer what the batch layer stored.
type speedLoader struct{ dir *linkfile.Dir }

// largeGraph is from how many links on a graph is nearly all of the heap, some 15 bytes a
// link with its pages and ranks: collecting at every quarter is often enough then.
const largeGraph = 1 << 25

// Load implements [speed.Loader].
func (l speedLoader) Load(ctx context.Context, generation int64) (*linkgraph.Graph, []float64, []float64, link.Offsets, error) {
	m, err := l.dir.GraphManifest(ctx, generation)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	if m.Links >= largeGraph {
		leanHeap() // for good: the layer goes on holding such graphs
	}
	g, _, err := l.dir.ReadGraph(ctx, generation)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	x, residual, _, err := l.dir.ReadRanks(ctx, generation, g)
	if err != nil {
		return nil, nil, nil, nil, err
	}
	return g, x, residual, m.Cut, nil
}

// archived returns what finds a record in the archive that the batch layer keeps.
func archived(dir *linkfile.Dir) func(ctx context.Context, partition int, offset int64) (link.Record, bool, error) {
	return func(ctx context.Context, partition int, offset int64) (r link.Record, ok bool, err error) {
		end, err := dir.Archived(ctx)
		if err != nil || offset >= end.At(partition) {
			return r, false, err
		}
		err = dir.ReadLog(ctx, partition, offset, offset+1, func(a link.Archived) error {
			r, ok = a.Record, true
			return nil
		})
		return r, ok, err
	}
}
