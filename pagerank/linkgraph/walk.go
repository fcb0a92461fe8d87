package linkgraph

import (
	"slices"

	"freshrank/pagerank/link"
)

// Walk takes the links or the edits of a base in the order of their pages, and what a
// [Merge] has to say at its stops in between.
type Walk[T link.Edge | link.Edit] struct {
	m     *Merge
	next  int       // stop
	until link.Page // pages before this one have no stop that is not done
	row   []T       // of the stop's page
	each  func(p link.Page, item T) error
	stop  func(s stop, p link.Page, row []T) error
}

func newWalk[T link.Edge | link.Edit](m *Merge, each func(link.Page, T) error, stop func(stop, link.Page, []T) error) *Walk[T] {
	w := &Walk[T]{m: m, each: each, stop: stop}
	w.look()
	return w
}

// look finds out how far there is no stop.
func (w *Walk[T]) look() {
	w.until = link.NoPage
	if w.next < len(w.m.stops) {
		s := w.m.stops[w.next]
		if w.until = w.m.at[s.page]; s.known < 0 {
			w.until = w.m.before[w.until-w.m.n]
		}
	}
}

// Add takes the next link or edit of page p. The error is one of emit's.
func (w *Walk[T]) Add(p link.Page, item T) error {
	for p >= w.until {
		if w.m.at[w.m.stops[w.next].page] == p {
			w.row = append(w.row, item)
			return nil
		}
		if err := w.end(); err != nil {
			return err
		}
	}
	return w.each(p, item)
}

// end does what there is to do at the next stop.
func (w *Walk[T]) end() error {
	s := w.m.stops[w.next]
	err := w.stop(s, w.m.at[s.page], w.row)
	w.row = w.row[:0]
	w.next++
	w.look()
	return err
}

// End ends the walk: nothing more is to be added.
func (w *Walk[T]) End() error {
	for w.next < len(w.m.stops) {
		if err := w.end(); err != nil {
			return err
		}
	}
	return nil
}

// SeeEdits notes which pages the edits of the base speak of.
func (m *Merge) SeeEdits() *Walk[link.Edit] {
	return newWalk(m, func(p link.Page, e link.Edit) error {
		m.keep.set(uint32(p))
		m.keep.set(uint32(e.To))
		return nil
	}, func(s stop, _ link.Page, row []link.Edit) error {
		if len(row) > 0 {
			m.known[s.known].Edits = slices.Clone(row)
		}
		return nil
	})
}

// SeeLinks notes which pages the links of the base and the delta's states speak of.
func (m *Merge) SeeLinks() *Walk[link.Edge] {
	return newWalk(m, func(p link.Page, e link.Edge) error {
		m.keep.set(uint32(p))
		m.keep.set(uint32(e.To))
		return nil
	}, func(s stop, p link.Page, row []link.Edge) error {
		m.see(p, m.state(s, row))
		return nil
	})
}

// MakeEdits calls emit with the edits of the new graph, in order, until it returns an
// error.
func (m *Merge) MakeEdits(emit func(source link.Page, e link.Edit) error) *Walk[link.Edit] {
	return newWalk(m, func(p link.Page, e link.Edit) error {
		e.To = m.number(e.To)
		return emit(m.number(p), e)
	}, func(s stop, p link.Page, _ []link.Edit) error {
		for _, e := range m.state(s, nil).Renumber(m.number).Edits {
			if err := emit(m.number(p), e); err != nil {
				return err
			}
		}
		return nil
	})
}

// MakeLinks calls emit with the links of the new graph, in order, until it returns an
// error.
func (m *Merge) MakeLinks(emit func(source link.Page, e link.Edge) error) *Walk[link.Edge] {
	source, final := link.NoPage, link.NoPage
	return newWalk(m, func(p link.Page, e link.Edge) error {
		if p != source {
			source, final = p, m.number(p)
		}
		e.To = m.number(e.To)
		return emit(final, e)
	}, func(s stop, p link.Page, row []link.Edge) error {
		for _, e := range m.state(s, row).Renumber(m.number).Links {
			if err := emit(m.number(p), e); err != nil {
				return err
			}
		}
		return nil
	})
}
