package linkgraph

import "freshrank/pagerank/link"

// Walk takes the links or the edits of a base in the order of their pages, and what a
// [Merge] has to say at its stops in between.
type Walk[T link.Edge | link.Edit] struct {
	m     *Merge
	next  int       // stop
	until link.Page // pages before this one have no stop that is not done
	row   []T       // of the stop's page
	each  func(p link.Page, item T)
	stop  func(s stop, p link.Page, row []T)
}

func newWalk[T link.Edge | link.Edit](m *Merge, each func(link.Page, T), stop func(stop, link.Page, []T)) *Walk[T] {
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

// Add takes the next link or edit of page p.
func (w *Walk[T]) Add(p link.Page, item T) {
	for p >= w.until {
		if w.m.at[w.m.stops[w.next].page] == p {
			w.row = append(w.row, item)
			return
		}
		w.end()
	}
	w.each(p, item)
}

// end does what there is to do at the next stop.
func (w *Walk[T]) end() {
	s := w.m.stops[w.next]
	w.stop(s, w.m.at[s.page], w.row)
	w.row = w.row[:0]
	w.next++
	w.look()
}

// End ends the walk: nothing more is to be added.
func (w *Walk[T]) End() {
	for w.next < len(w.m.stops) {
		w.end()
	}
}

// SeeEdits notes which pages the edits of the base speak of.
func (m *Merge) SeeEdits() *Walk[link.Edit] {
	return newWalk(m, func(p link.Page, e link.Edit) {
		m.keep.set(uint32(p))
		m.keep.set(uint32(e.To))
	}, func(s stop, _ link.Page, row []link.Edit) {
		if len(row) > 0 {
			m.known[s.known].Edits = append([]link.Edit(nil), row...)
		}
	})
}

// SeeLinks notes which pages the links of the base and the delta's states speak of.
func (m *Merge) SeeLinks() *Walk[link.Edge] {
	return newWalk(m, func(p link.Page, e link.Edge) {
		m.keep.set(uint32(p))
		m.keep.set(uint32(e.To))
	}, func(s stop, p link.Page, row []link.Edge) {
		m.see(p, m.state(s, row))
	})
}

// MakeEdits calls emit with the edits of the new graph, in order.
func (m *Merge) MakeEdits(emit func(source link.Page, e link.Edit)) *Walk[link.Edit] {
	return newWalk(m, func(p link.Page, e link.Edit) {
		e.To = m.number(e.To)
		emit(m.number(p), e)
	}, func(s stop, p link.Page, _ []link.Edit) {
		for _, e := range m.state(s, nil).Renumber(m.number).Edits {
			emit(m.number(p), e)
		}
	})
}

// MakeLinks calls emit with the links of the new graph, in order.
func (m *Merge) MakeLinks(emit func(source link.Page, e link.Edge)) *Walk[link.Edge] {
	source, final := link.NoPage, link.NoPage
	return newWalk(m, func(p link.Page, e link.Edge) {
		if p != source {
			source, final = p, m.number(p)
		}
		e.To = m.number(e.To)
		emit(final, e)
	}, func(s stop, p link.Page, row []link.Edge) {
		for _, e := range m.state(s, row).Renumber(m.number).Links {
			emit(m.number(p), e)
		}
	})
}
