package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"freshrank/batch/linkfile"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// LiveLog reads records [from, to) of the log itself.
type LiveLog interface {
	Records(ctx context.Context, from, to link.Offsets, fn func(link.Record) error) error
}

// Master is all that the ranks follow from.
type Master struct {
	Import   iter.Seq2[string, []link.Link] // pages older than all events, and what they link to; nil if there is none
	Imported int                            // how many those are
	Events   []link.Event
	Refused  int // records that are no events
}

// ReadMaster reads the import, if there is one, and every event before the given
// offsets: from the archive as far as that reaches, from the log after it.
func ReadMaster(ctx context.Context, dir *linkfile.Dir, log LiveLog, upTo link.Offsets, limits link.Limits) (*Master, error) {
	m := &reader{limits: limits, urls: map[string]string{}}
	if err := m.importGraph(ctx, dir); err != nil {
		return nil, fmt.Errorf("read import: %w", err)
	}
	archived, err := dir.Archived(ctx)
	if err != nil {
		return nil, fmt.Errorf("read archive: %w", err)
	}
	from := make(link.Offsets, len(upTo))
	for p := range upTo {
		from[p] = min(archived.At(p), upTo[p])
		if err := dir.ReadLog(ctx, p, 0, from[p], func(r link.Archived) error { return m.record(r.Record) }); err != nil {
			return nil, fmt.Errorf("read archive: %w", err)
		}
	}
	if from.Behind(upTo) > 0 {
		if err := log.Records(ctx, from, upTo, m.record); err != nil {
			return nil, fmt.Errorf("read log: %w", err)
		}
	}
	return &m.Master, nil
}

type reader struct {
	Master
	limits link.Limits
	urls   map[string]string // one copy of each
}

func (m *reader) url(s string) string {
	if u, ok := m.urls[s]; ok {
		return u
	}
	m.urls[s] = s
	return s
}

// importGraph reads the pages that an import made.
func (m *reader) importGraph(ctx context.Context, dir *linkfile.Dir) error {
	g, _, err := dir.ReadGraph(ctx, 0)
	if errors.Is(err, fs.ErrNotExist) {
		generations, err := dir.Generations(ctx)
		if err == nil && len(generations) > 0 {
			// Retention keeps the import for as long as it is needed.
			return m.noImport(ctx, dir, generations[0])
		}
		return err
	}
	if err != nil {
		return err
	}
	for p := range link.Page(g.Pages()) {
		if g.Kinds[p] == link.Crawled {
			m.Imported++
		}
	}
	m.Import = func(yield func(string, []link.Link) bool) {
		urls := make([]string, g.Pages()) // one copy of each
		for p := range urls {
			urls[p] = g.URL(link.Page(p))
		}
		var links []link.Link
		for p, url := range urls {
			if g.Kinds[p] != link.Crawled {
				continue
			}
			links = links[:0]
			for _, l := range g.Edges(link.Page(p)) {
				links = append(links, link.Link{URL: urls[l.To], Rel: l.Rel})
			}
			if !yield(url, links) {
				return
			}
		}
	}
	return nil
}

// noImport accepts that there is no graph 0 only if there never was one: the
// oldest graph then holds no imported page.
func (m *reader) noImport(ctx context.Context, dir *linkfile.Dir, oldest int64) error {
	g, _, err := dir.ReadGraph(ctx, oldest)
	if err != nil {
		return err
	}
	return imported(g)
}

func imported(g *linkgraph.Graph) error {
	for p := range link.Page(g.Pages()) {
		if g.Versions.At(p) == link.Imported {
			return fmt.Errorf("graph 0 is gone, but page %s comes from an import: restore graph/0 from a backup", g.URL(p))
		}
	}
	return nil
}

func (m *reader) record(r link.Record) error {
	e, err := m.limits.Decode(r.Value, r.Timestamp)
	if err != nil {
		m.Refused++
		return nil
	}
	e.URL, e.Target = m.url(e.URL), m.url(e.Target)
	for i := range e.Links {
		e.Links[i].URL = m.url(e.Links[i].URL)
	}
	m.Events = append(m.Events, e)
	return nil
}
