package link

import (
	"cmp"
	"slices"
)

// Update returns e with its URLs as numbers of a page table: number returns the
// number of a canonical URL and makes one where there is none. It returns false
// if e changes nothing whatever the state, as a link of a page to itself does;
// number is then not called.
func (e *Event) Update(number func(url string) Page) (Update, bool) {
	u := Update{Type: e.Type, Version: e.Version(), Target: NoPage, Rel: e.Rel}
	switch e.Type {
	case PageCrawled:
		u.Links = make([]Edge, len(e.Links))
		for i, l := range e.Links {
			u.Links[i] = Edge{To: number(l.URL), Rel: l.Rel}
		}
		slices.SortFunc(u.Links, func(a, b Edge) int { return cmp.Compare(a.To, b.To) })
	case PageAlias:
		u.Target = number(e.Target)
	case LinkAdded, LinkRemoved:
		if e.Target == e.URL {
			return u, false
		}
		u.Target = number(e.Target)
	}
	return u, true
}
