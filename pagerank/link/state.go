package link

import (
	"cmp"
	"slices"
)

// Page is the dense number of a page in one page table. It has no meaning
// outside that table.
type Page uint32

// NoPage is a Page that stands for none.
const NoPage = ^Page(0)

// Kind is what the newest snapshot event of a page said.
type Kind uint8

// The kinds of a page.
const (
	Unseen  Kind = iota // no snapshot: known from single-link events or as a target only
	Crawled             // its links were read
	Gone
	Alias // stands for State.Target
)

// Edge is one link of a page, its target as a number of the page table.
type Edge struct {
	To  Page
	Rel Rel
}

// Edit is the newest single-link event for one target, if it is newer than the
// page's snapshot. Removals stay as well: an older addition may still arrive.
type Edit struct {
	To      Page
	Rel     Rel
	Removed bool
	Version Version
}

// State is what the events of one page add up to. The zero State is that of a
// page without events.
type State struct {
	Kind    Kind
	Target  Page    // of an Alias; NoPage or 0 otherwise
	Version Version // of the newest snapshot event; zero if none
	Added   Version // of the newest LinkAdded newer than Version; ends an alias
	Links   []Edge  // current links, sorted by To, edits included
	Edits   []Edit  // single-link events newer than Version, sorted by To
}

// Update is an event whose URLs have become numbers of a page table.
// A link to the page itself must have been dropped.
type Update struct {
	Type    Type
	Version Version
	Links   []Edge // PageCrawled: sorted by To, no duplicates
	Target  Page   // PageAlias, LinkAdded, LinkRemoved
	Rel     Rel    // LinkAdded
}

// Apply folds u into s and reports whether s changed. Older events than s
// already reflects change nothing; neither does a second delivery. s keeps
// u.Links; earlier slices of s are never written to, so a State may be copied by
// assignment.
func (s *State) Apply(u Update) bool {
	if !u.Version.Newer(s.Version) {
		return false
	}
	one := State{Target: NoPage}
	switch u.Type {
	case PageCrawled:
		one.Kind, one.Version, one.Links = Crawled, u.Version, u.Links
	case PageGone:
		one.Kind, one.Version = Gone, u.Version
	case PageAlias:
		one.Kind, one.Version, one.Target = Alias, u.Version, u.Target
	case LinkAdded:
		one.Added = u.Version
		one.Links = []Edge{{To: u.Target, Rel: u.Rel}}
		one.Edits = []Edit{{To: u.Target, Rel: u.Rel, Version: u.Version}}
	case LinkRemoved:
		one.Edits = []Edit{{To: u.Target, Removed: true, Version: u.Version}}
	}
	return s.Join(one)
}

// Join folds into s all the events that t reflects and reports whether s
// changed. It is commutative, associative and idempotent.
func (s *State) Join(t State) bool {
	changed := false
	if t.Version.Newer(s.Version) {
		*s, t = t, *s
		changed = true
	}
	// Now s has the newest snapshot; of t, only what is newer than that counts.
	if t.Added.Newer(s.Version) && t.Added.Newer(s.Added) {
		s.Added = t.Added
		changed = true
	}
	if !s.Added.Newer(s.Version) {
		s.Added = Version{}
	}
	if s.applyEdits(t.Edits) {
		changed = true
	}
	return changed
}

// applyEdits merges the edits newer than s.Version, and than the edit s has for
// the same target, into s.Edits and s.Links.
func (s *State) applyEdits(edits []Edit) bool {
	fresh := edits[:0:0]
	for _, e := range edits {
		if !e.Version.Newer(s.Version) {
			continue
		}
		if i, ok := slices.BinarySearchFunc(s.Edits, e.To, editTo); ok && !e.Version.Newer(s.Edits[i].Version) {
			continue
		}
		fresh = append(fresh, e)
	}
	if len(fresh) == 0 {
		return false
	}
	s.Edits = mergeByTarget(s.Edits, fresh, func(e Edit) Page { return e.To })
	var added []Edge
	dropped := make(map[Page]bool, len(fresh))
	for _, e := range fresh {
		if e.Removed {
			dropped[e.To] = true
		} else {
			added = append(added, Edge{To: e.To, Rel: e.Rel})
		}
	}
	links := mergeByTarget(s.Links, added, func(e Edge) Page { return e.To })
	s.Links = slices.DeleteFunc(links, func(e Edge) bool { return dropped[e.To] })
	return true
}

// mergeByTarget returns a new slice with the elements of both sorted slices;
// where a target stands in both, b's element wins.
func mergeByTarget[T any](a, b []T, to func(T) Page) []T {
	out := make([]T, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch c := cmp.Compare(to(a[0]), to(b[0])); {
		case c < 0:
			out, a = append(out, a[0]), a[1:]
		case c > 0:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, b[0]), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

func editTo(e Edit, p Page) int { return cmp.Compare(e.To, p) }

// CrawledNow reports whether the page counts as crawled and not gone.
func (s *State) CrawledNow() bool { return s.Kind == Crawled }

// GoneNow reports whether the page is gone and has no newer links of its own.
func (s *State) GoneNow() bool { return s.Kind == Gone && len(s.Links) == 0 }

// AliasOf returns the page that this one stands for; false if it is no alias,
// or no longer one because a link was added after it became one.
func (s *State) AliasOf() (Page, bool) {
	if s.Kind != Alias || s.Added.Newer(s.Version) {
		return NoPage, false
	}
	return s.Target, true
}

// Counted returns the targets of s's links that carry rank under p, ascending,
// in buf if they fit. An alias has no links: whatever adds one ends it.
func (s *State) Counted(p RelPolicy, buf []Page) []Page {
	buf = buf[:0]
	for _, e := range s.Links {
		if p.Counts(e.Rel) {
			buf = append(buf, e.To)
		}
	}
	return buf
}

// Carries reports whether s has a link to a page that carries rank under p.
func (s *State) Carries(to Page, p RelPolicy) bool {
	i, ok := slices.BinarySearchFunc(s.Links, to, func(e Edge, to Page) int { return cmp.Compare(e.To, to) })
	return ok && p.Counts(s.Links[i].Rel)
}

// Renumber returns s with every page number mapped by number, as when its page
// table is replaced. s is not changed.
func (s State) Renumber(number func(Page) Page) State {
	if s.Kind == Alias {
		s.Target = number(s.Target)
	}
	s.Links, s.Edits = slices.Clone(s.Links), slices.Clone(s.Edits)
	for i := range s.Links {
		s.Links[i].To = number(s.Links[i].To)
	}
	for i := range s.Edits {
		s.Edits[i].To = number(s.Edits[i].To)
	}
	slices.SortFunc(s.Links, func(a, b Edge) int { return cmp.Compare(a.To, b.To) })
	slices.SortFunc(s.Edits, func(a, b Edit) int { return cmp.Compare(a.To, b.To) })
	return s
}
