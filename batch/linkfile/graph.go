package linkfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"freshrank/batch/linkfile/store"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// GraphManifest describes the graph of one generation.
type GraphManifest struct {
	Generation int64        `json:"generation"`
	Cut        link.Offsets `json:"cut"`   // the events below it are folded in
	AsOf       time.Time    `json:"as_of"` // when the cut was frozen
	Pages      int64        `json:"pages"`
	Links      int64        `json:"links"`
	Edits      int64        `json:"edits"`
	URLPolicy  int          `json:"url_policy"` // link.PolicyVersion of all URLs
	Files      []File       `json:"files"`
}

// WriteGraph writes the graph of a generation as a whole; it exists once the call
// returns nil. A graph that the generation already has is replaced.
func (d *Dir) WriteGraph(ctx context.Context, gen int64, g *linkgraph.Graph, cut link.Offsets, asOf time.Time) error {
	if gen < 0 {
		return fmt.Errorf("write graph %d: a generation is not negative", gen)
	}
	err := d.writeFolder(ctx, generation(graphFolder, gen), func(folder store.Folder) (any, error) {
		m := GraphManifest{Generation: gen, Cut: cut, AsOf: asOf.UTC(), URLPolicy: link.PolicyVersion}
		err := writeGraph(ctx, folder, g, &m)
		return m, err
	})
	if err != nil {
		return fmt.Errorf("write graph %d: %w", gen, err)
	}
	return nil
}

// writeGraph writes the files of g and names them in m.
func writeGraph(ctx context.Context, folder store.Folder, g *linkgraph.Graph, m *GraphManifest) error {
	for _, write := range []func(context.Context, store.Folder, *linkgraph.Graph) (File, error){writePages, writeLinks, writeEdits} {
		f, err := write(ctx, folder, g)
		if err != nil {
			return err
		}
		m.add(f)
	}
	return nil
}

// add names a file.
func (m *GraphManifest) add(f File) {
	m.Files = append(m.Files, f)
	m.Pages, m.Links = find(m.Files, pagesTable.file()).Rows, find(m.Files, linksTable.file()).Rows
	m.Edits = find(m.Files, editsTable.file()).Rows
}

// ReadGraph reads and checks the graph of a generation. One that is not there is
// an error that wraps fs.ErrNotExist.
func (d *Dir) ReadGraph(ctx context.Context, gen int64) (*linkgraph.Graph, GraphManifest, error) {
	g, m, err := d.readGraph(ctx, gen)
	if err != nil {
		return nil, GraphManifest{}, fmt.Errorf("read graph %d: %w", gen, err)
	}
	return g, m, nil
}

func (d *Dir) readGraph(ctx context.Context, gen int64) (*linkgraph.Graph, GraphManifest, error) {
	folder := generation(graphFolder, gen)
	m, err := d.graphManifest(ctx, folder, gen)
	if err != nil {
		return nil, m, err
	}
	g := &linkgraph.Graph{}
	for _, read := range []func(context.Context, string, GraphManifest, *linkgraph.Graph) error{d.readPages, d.readLinks, d.readEdits} {
		if err := read(ctx, folder, m, g); err != nil {
			return nil, m, err
		}
	}
	if err := linkgraph.Check(g); err != nil {
		return nil, m, &CorruptError{d.store.Path(folder), err.Error(), fixGraph}
	}
	return g, m, nil
}

// GraphManifest returns what is known of the graph of a generation without
// reading it.
func (d *Dir) GraphManifest(ctx context.Context, gen int64) (GraphManifest, error) {
	return d.graphManifest(ctx, generation(graphFolder, gen), gen)
}

// graphManifest reads and checks the manifest of the graph of a generation in a folder.
func (d *Dir) graphManifest(ctx context.Context, folder string, gen int64) (GraphManifest, error) {
	var m GraphManifest
	if err := d.readManifest(ctx, folder, fixGraph, &m); err != nil {
		return m, d.notThere(err, "graph", folder)
	}
	folder = d.store.Path(folder)
	switch {
	case m.Generation != gen:
		return m, &CorruptError{folder, fmt.Sprintf("its manifest is that of generation %d", m.Generation), fixGraph}
	case m.URLPolicy != link.PolicyVersion:
		return m, &VersionError{folder, "URL policy", m.URLPolicy, link.PolicyVersion}
	case find(m.Files, pagesTable.file()).Rows != m.Pages || m.Pages < 0 || m.Pages >= int64(link.NoPage),
		find(m.Files, linksTable.file()).Rows != m.Links || m.Links < 0, find(m.Files, editsTable.file()).Rows != m.Edits:
		return m, &CorruptError{folder, "its manifest contradicts itself over the number of rows", fixGraph}
	}
	return m, nil
}

// notThere says what a generation lacks whose folder has no manifest.
func (d *Dir) notThere(err error, what, folder string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no %s: %s: %w: %s", what, d.store.Path(path.Join(folder, store.Manifest)), fs.ErrNotExist, fixMissing)
	}
	return err
}
