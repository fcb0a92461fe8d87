package linkgraph

import (
	"maps"
	"slices"

	"freshrank/pagerank/link"
)

// Overlay is a page table and the states of its pages: those of an immutable
// base graph, and what events folded since have changed or added. Pages of the
// base keep their numbers; new ones are numbered on from there. It is not safe
// for concurrent use.
type Overlay struct {
	base   *Graph // nil: no pages
	states map[link.Page]*touched
	urls   []string // of page base.Pages() + i
	number map[link.PageKey]link.Page
}

// NewOverlay returns an Overlay of no events over base, which may be nil.
func NewOverlay(base *Graph) *Overlay {
	return &Overlay{base: base, states: map[link.Page]*touched{}, number: map[link.PageKey]link.Page{}}
}

// Change is what an event changed: the state of a page, or of its state the link to one
// other page alone.
type Change struct {
	Page link.Page
	To   link.Page // NoPage: the whole state
}

// Apply folds e. It returns what that changed and whether it changed it; of a
// single-link event of a page with very many links, whether it may have.
func (o *Overlay) Apply(e *link.Event) (c Change, changed bool) {
	p := o.intern(e.URL)
	c = Change{Page: p, To: link.NoPage}
	u, ok := e.Update(o.intern)
	if !ok {
		return c, false
	}
	if !u.Type.Snapshot() {
		c.To = u.Target
	}
	t, known := o.states[p]
	if !known {
		t = &touched{State: o.State(p)}
	}
	if changed = t.apply(u); changed && !known {
		o.states[p] = t
	}
	return c, changed
}

// touched is a page's state, and single-link events that wait to be joined with it.
// To join one takes as long as the page has links, so those of a page with many wait
// for each other, or for someone who asks.
type touched struct {
	link.State
	late []link.State
}

// many is how many links and edits make a page's events wait.
const many = 64

func (t *touched) apply(u link.Update) (changed bool) {
	size := len(t.Links) + len(t.Edits)
	if size < many || u.Type.Snapshot() {
		return t.Apply(u)
	}
	if !u.Version.Newer(t.Version) {
		return false
	}
	var s link.State
	s.Apply(u)
	if t.late = append(t.late, s); len(t.late) > size {
		t.settle()
	}
	return true
}

// settle joins what has waited, pair by pair.
func (t *touched) settle() {
	for len(t.late) > 1 {
		half := (len(t.late) + 1) / 2
		for i, s := range t.late[half:] {
			t.late[i].Join(s)
		}
		t.late = t.late[:half]
	}
	for _, s := range t.late {
		t.Join(s)
	}
	t.late = nil
}

func (o *Overlay) intern(url string) link.Page {
	key := link.KeyOf(url)
	if p, ok := o.Find(key); ok {
		return p
	}
	p := link.Page(o.Pages())
	o.urls = append(o.urls, url)
	o.number[key] = p
	return p
}

// Base returns the graph that o lies over; nil if none.
func (o *Overlay) Base() *Graph { return o.base }

// Pages returns the number of pages, those of the base included.
func (o *Overlay) Pages() int { return o.base.Pages() + len(o.urls) }

// URL returns the canonical URL of p.
func (o *Overlay) URL(p link.Page) string {
	if n := o.base.Pages(); int(p) >= n {
		return o.urls[int(p)-n]
	}
	return o.base.URL(p)
}

// Key returns the identity of p.
func (o *Overlay) Key(p link.Page) link.PageKey {
	if n := o.base.Pages(); int(p) >= n {
		return link.KeyOf(o.urls[int(p)-n])
	}
	return o.base.Key(p)
}

// Find returns the page with the given key.
func (o *Overlay) Find(key link.PageKey) (link.Page, bool) {
	if p, ok := o.base.Find(key); ok {
		return p, true
	}
	p, ok := o.number[key]
	return p, ok
}

// State returns the folded state of p. The caller must not change its slices.
//
// It may be called for different pages at the same time.
func (o *Overlay) State(p link.Page) link.State {
	if t, ok := o.states[p]; ok {
		t.settle()
		return t.State
	}
	if int(p) < o.base.Pages() {
		return o.base.State(p)
	}
	return link.State{Target: link.NoPage}
}

// Touched returns the pages of which Apply said that they changed, ascending.
func (o *Overlay) Touched() []link.Page { return slices.Sorted(maps.Keys(o.states)) }

// Rebase returns the same events over a newer base, which has some of them
// folded in already: every touched page's state is joined with its state there,
// so it does not matter which. Pages whose state is the base's are not touched.
// Page numbers change.
func (o *Overlay) Rebase(base *Graph) *Overlay {
	r := o.BeginRebase(base)
	for !r.Step(1 << 16) {
	}
	return r.To
}

// Rebasing is a [Overlay.Rebase] in steps. Between them, events may be applied to the old
// overlay; they may be in the new one or not, so they are to be applied to that as well,
// once all is done.
type Rebasing struct {
	To   *Overlay // the new one
	from *Overlay
	left []link.Page
}

// BeginRebase begins a rebase on base.
func (o *Overlay) BeginRebase(base *Graph) *Rebasing {
	return &Rebasing{To: NewOverlay(base), from: o, left: o.Touched()}
}

// Step takes touched pages over until they and their links are as many as work, one page
// at least, and reports whether that were all.
func (r *Rebasing) Step(work int) (done bool) {
	renumber := func(p link.Page) link.Page {
		if p == link.NoPage {
			return p
		}
		return r.To.intern(r.from.URL(p))
	}
	for spent := 0; spent < work && len(r.left) > 0; r.left = r.left[1:] {
		p := r.left[0]
		q, state := renumber(p), r.from.State(p)
		t := &touched{State: r.To.State(q)}
		spent += 1 + len(state.Links) + len(t.Links)
		if t.Join(state.Renumber(renumber)) {
			r.To.states[q] = t
		}
	}
	return len(r.left) == 0
}
