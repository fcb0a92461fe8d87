package linkgraph

import "freshrank/pagerank/link"

// join returns the graph of all events that base and delta are the graphs of, by a
// Merge.
func join(base, delta *Graph) (*Graph, error) {
	m := NewMerge(delta, base.Pages())
	for p, url := range base.URLs.From(0, m.n) {
		if err := m.Page(p, url, base.head(p)); err != nil {
			return nil, err
		}
	}
	err := m.Placed()
	if err == nil {
		err = walkEdits(base, m.SeeEdits())
	}
	if err == nil {
		err = walkLinks(base, m.SeeLinks())
	}
	if err != nil {
		return nil, err
	}
	m.Number()
	return m.make(base)
}

// head returns the state of p but for its links and edits.
func (g *Graph) head(p link.Page) link.State {
	s := link.State{Kind: g.Kinds[p], Target: link.NoPage, Version: g.Versions.At(p), Added: g.Added[p]}
	if s.Kind == link.Alias {
		s.Target = g.Targets[p]
	}
	return s
}

func walkEdits(g *Graph, w *Walk[link.Edit]) error {
	for p := range link.Page(g.Pages()) {
		for _, e := range g.Edits[p] {
			if err := w.Add(p, e); err != nil {
				return err
			}
		}
	}
	return w.End()
}

func walkLinks(g *Graph, w *Walk[link.Edge]) error {
	for p := range link.Page(g.Pages()) {
		for at := g.Links.Start[p]; at < g.Links.Start[p+1]; at++ {
			if err := w.Add(p, link.Edge{To: link.Page(g.Links.Target[at]), Rel: g.rel(at)}); err != nil {
				return err
			}
		}
	}
	return w.End()
}

// make returns the new graph; base is the one that was taken in.
func (m *Merge) make(base *Graph) (*Graph, error) {
	g := &Graph{Added: map[link.Page]link.Version{}, Edits: map[link.Page][]link.Edit{}}
	g.Links.Start = []uint64{0}
	page := func(url []byte, _ bool, s link.State) error {
		p := link.Page(g.Pages())
		g.AppendPage(url, s.Kind, s.Version)
		if s.Kind == link.Alias {
			g.SetTarget(p, s.Target)
		}
		if !s.Added.IsZero() {
			g.Added[p] = s.Added
		}
		return nil
	}
	for p, url := range base.URLs.From(0, m.n) {
		if err := m.MakePage(p, url, base.head(p), page); err != nil {
			return nil, err
		}
	}
	if err := m.MakePages(page); err != nil {
		return nil, err
	}
	err := walkEdits(base, m.MakeEdits(func(p link.Page, e link.Edit) error {
		g.Edits[p] = append(g.Edits[p], e)
		return nil
	}))
	if err != nil {
		return nil, err
	}
	g.Links.Target = make([]uint32, 0, base.Links.Links()+m.delta.Links.Links())
	err = walkLinks(base, m.MakeLinks(func(p link.Page, e link.Edge) error {
		for len(g.Links.Start) <= int(p) {
			g.EndRow()
		}
		g.AppendLink(e.To, e.Rel)
		return nil
	}))
	for len(g.Links.Start) <= g.Pages() {
		g.EndRow()
	}
	return g, err
}
