package linkfile

import (
	"context"
	"fmt"
	"math"

	"github.com/apache/arrow/go/v15/parquet"

	"freshrank/batch/linkfile/chunk"
	"freshrank/batch/linkfile/store"
	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// Parameters are what ranks depend on besides the graph.
type Parameters struct {
	Damping          float64        `json:"damping"`
	RelPolicy        link.RelPolicy `json:"rel_policy"`
	Tolerance        float64        `json:"tolerance"`
	URLPolicy        int            `json:"url_policy"`
	PublicSuffixList string         `json:"public_suffix_list,omitempty"`
}

// Certificate is pagerank.Certificate with the names it has in a manifest.
type Certificate struct {
	Damping      float64 `json:"damping"`
	Pages        int     `json:"pages"`
	Sum          float64 `json:"sum"`
	Dangling     float64 `json:"dangling"`
	Plus         float64 `json:"plus"`
	Minus        float64 `json:"minus"`
	EpsilonPlus  float64 `json:"epsilon_plus"`
	EpsilonMinus float64 `json:"epsilon_minus"`
	Slack        float64 `json:"slack"`
}

// RanksManifest describes the ranks of one generation.
type RanksManifest struct {
	Generation  int64        `json:"generation"`
	Cut         link.Offsets `json:"cut"`
	Rows        int64        `json:"rows"` // pages that have a rank
	Parameters  Parameters   `json:"parameters"`
	Certificate Certificate  `json:"certificate"`
	Sweeps      int          `json:"sweeps"`
	Converged   bool         `json:"converged"`
	Files       []File       `json:"files"`

	// Unmatched counts the rows that are of no page of the graph they were read
	// for: pages that a newer graph has lost. It is 0 for the graph that was ranked.
	Unmatched int64 `json:"-"`
}

// WriteRanks writes the ranks of a generation as a whole; they exist once the
// call returns nil. g and member are what was ranked; a nil member means every
// page.
func (d *Dir) WriteRanks(ctx context.Context, gen int64, g *linkgraph.Graph, member []bool, r *pagerank.Result, params Parameters, cut link.Offsets) error {
	if gen < 0 || len(r.X) != g.Pages() || len(r.Residual) != g.Pages() || member != nil && len(member) != g.Pages() {
		return fmt.Errorf("write ranks %d: %d values, %d residuals and %d members for %d pages",
			gen, len(r.X), len(r.Residual), len(member), g.Pages())
	}
	var pages []link.Page
	for p := range link.Page(g.Pages()) {
		if member == nil || member[p] {
			pages = append(pages, p)
		}
	}
	err := d.writeFolder(ctx, generation(ranksFolder, gen), func(folder store.Folder) (any, error) {
		f, err := writeIn(ctx, folder, ranksTable, len(pages), func(s span, out *group) {
			n := s.to - s.from
			keys, texts := make([]link.PageKey, n), make([]parquet.FixedLenByteArray, n)
			xs, residuals := make([]float64, n), make([]float64, n)
			for i, p := range pages[s.from:s.to] {
				keys[i], xs[i], residuals[i] = g.Key(p), r.X[p], r.Residual[p]
				texts[i] = keys[i][:]
			}
			put(out, texts, nil)
			put(out, xs, nil)
			put(out, residuals, nil)
		})
		return RanksManifest{
			Generation: gen, Cut: cut, Rows: f.Rows, Parameters: params, Certificate: Certificate(r.Certificate),
			Sweeps: r.Sweeps, Converged: r.Converged, Files: []File{f},
		}, err
	})
	if err != nil {
		return fmt.Errorf("write ranks %d: %w", gen, err)
	}
	return nil
}

// ReadRanks reads the ranks of a generation for the pages of g, which may be a
// newer graph: rows are matched by key. A page without a rank has x = residual =
// 0. Ranks that are not there are an error that wraps fs.ErrNotExist.
func (d *Dir) ReadRanks(ctx context.Context, gen int64, g *linkgraph.Graph) (x, residual []float64, m RanksManifest, err error) {
	x, residual, m, err = d.readRanks(ctx, gen, g)
	if err != nil {
		return nil, nil, RanksManifest{}, fmt.Errorf("read ranks %d: %w", gen, err)
	}
	return x, residual, m, nil
}

func (d *Dir) readRanks(ctx context.Context, gen int64, g *linkgraph.Graph) (x, residual []float64, m RanksManifest, err error) {
	if m, err = d.RanksManifest(ctx, gen); err != nil {
		return nil, nil, m, err
	}
	x, residual = make([]float64, g.Pages()), make([]float64, g.Pages())
	next := link.Page(0) // where the page of the next row most likely is
	err = d.readTable(ctx, generation(ranksFolder, gen), m.Files, ranksTable, fixRanks, nil, func(in *groupReader) error {
		keys := sized(&in.keys, in.rows)
		xs, residuals := sized(&in.doubles[0], in.rows), sized(&in.doubles[1], in.rows)
		err1 := in.fault(chunk.Keys(&in.decode, in.column(), keys))
		err2 := in.fault(chunk.Floats(&in.decode, in.column(), xs))
		err3 := in.fault(chunk.Floats(&in.decode, in.column(), residuals))
		if err := firstOf(err1, err2, err3); err != nil {
			return err
		}
		for i := range in.rows {
			if !(xs[i] >= 0) || math.IsInf(xs[i], 0) || math.IsNaN(residuals[i]) || math.IsInf(residuals[i], 0) {
				return in.corrupt("%x has x = %v with residual %v", keys[i], xs[i], residuals[i])
			}
		}
		return in.inOrder(func() error {
			for i := range in.rows {
				p, ok := locate(g, keys[i], next)
				if !ok {
					m.Unmatched++
					continue
				}
				x[p], residual[p], next = xs[i], residuals[i], p+1
			}
			return nil
		})
	})
	return x, residual, m, err
}

// locate finds the page with the given key. Rows stand in the order of pages, so
// it is one of the next few unless many pages are new; only then is g's index of
// keys needed.
func locate(g *linkgraph.Graph, key link.PageKey, from link.Page) (link.Page, bool) {
	for p := from; p < from+8 && int(p) < g.Pages(); p++ {
		if g.Key(p) == key {
			return p, true
		}
	}
	return g.Find(key)
}

// RanksManifest returns what is known of the ranks of a generation without
// reading them.
func (d *Dir) RanksManifest(ctx context.Context, gen int64) (RanksManifest, error) {
	var m RanksManifest
	folder := generation(ranksFolder, gen)
	if err := d.readManifest(ctx, folder, fixRanks, &m); err != nil {
		return m, d.notThere(err, "ranks", folder)
	}
	folder = d.store.Path(folder)
	switch {
	case m.Generation != gen:
		return m, &CorruptError{folder, fmt.Sprintf("its manifest is that of generation %d", m.Generation), fixRanks}
	case m.Parameters.URLPolicy != link.PolicyVersion:
		return m, &VersionError{folder, "URL policy", m.Parameters.URLPolicy, link.PolicyVersion}
	case find(m.Files, ranksTable.file()).Rows != m.Rows || m.Certificate.Pages < 0:
		return m, &CorruptError{folder, "its manifest contradicts itself over the number of rows", fixRanks}
	}
	return m, nil
}
