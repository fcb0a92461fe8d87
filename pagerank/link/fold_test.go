package link

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// updates draws the events of one page: few times, ids and targets, so that ties,
// late arrivals and repeated edits of one link are the rule. No two differ in
// content alone: of such events Tie would differ.
func updates(t *rapid.T) []Update {
	byVersion := map[Version]Update{}
	for range rapid.IntRange(0, 14).Draw(t, "events") {
		u := Update{
			Type:   Type(rapid.IntRange(int(PageCrawled), int(LinkRemoved)).Draw(t, "type")),
			Target: NoPage,
			Version: Version{
				Time: int64(rapid.IntRange(1, 8).Draw(t, "time")),
				ID:   rapid.SampledFrom([]string{"a", "b"}).Draw(t, "id"),
				Tie:  rapid.Uint64Range(0, 1).Draw(t, "tie"),
			},
		}
		switch u.Type {
		case PageCrawled:
			for to := range Page(4) {
				if rel := rapid.IntRange(-1, 1).Draw(t, "link"); rel >= 0 {
					u.Links = append(u.Links, Edge{To: to, Rel: Rel(rel)})
				}
			}
		case PageAlias, LinkAdded, LinkRemoved:
			u.Target = Page(rapid.IntRange(0, 3).Draw(t, "target"))
		}
		if u.Type == LinkAdded {
			u.Rel = Rel(rapid.IntRange(0, 1).Draw(t, "rel"))
		}
		byVersion[u.Version] = u
	}
	return slices.SortedFunc(maps.Values(byVersion), func(a, b Update) int { return a.Version.Compare(b.Version) })
}

func fold(us []Update) State {
	var s State
	for _, u := range us {
		s.Apply(u)
	}
	return s
}

// plain returns s without the differences that have no meaning.
func plain(s State) State {
	if s.Kind != Alias {
		s.Target = NoPage
	}
	if len(s.Links) == 0 {
		s.Links = nil
	}
	if len(s.Edits) == 0 {
		s.Edits = nil
	}
	return s
}

func equal(a, b State) bool { return reflect.DeepEqual(plain(a), plain(b)) }

// TestFold checks the fold by the rules of the design, applied naively to the
// events in their order.
func TestFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		us := updates(t)
		kind, target, alias := Unseen, NoPage, false
		links := map[Page]Rel{}
		for _, u := range us {
			if u.Type.Snapshot() {
				clear(links)
				alias = false
			}
			switch u.Type {
			case PageCrawled:
				kind = Crawled
				for _, e := range u.Links {
					links[e.To] = e.Rel
				}
			case PageGone:
				kind = Gone
			case PageAlias:
				kind, target, alias = Alias, u.Target, true
			case LinkAdded:
				links[u.Target] = u.Rel
				alias = false
			case LinkRemoved:
				delete(links, u.Target)
			}
		}

		s := fold(rapid.Permutation(us).Draw(t, "order"))
		got := map[Page]Rel{}
		for i, e := range s.Links {
			got[e.To] = e.Rel
			if i > 0 && s.Links[i-1].To >= e.To {
				t.Errorf("links out of order: %v", s.Links)
			}
		}
		if s.Kind != kind || !maps.Equal(got, links) {
			t.Errorf("kind %v with links %v, want %v with %v", s.Kind, got, kind, links)
		}
		if to, ok := s.AliasOf(); ok != alias || ok && to != target {
			t.Errorf("alias of %v, %v; want %v, %v", to, ok, target, alias)
		}
		if s.CrawledNow() != (kind == Crawled) || s.GoneNow() != (kind == Gone && len(links) == 0) {
			t.Errorf("crawled %v, gone %v with kind %v and links %v", s.CrawledNow(), s.GoneNow(), kind, links)
		}
		counted := 0
		for _, rel := range links {
			if rel == 0 && !alias {
				counted++
			}
		}
		if n := len(s.Counted(DropMarked, nil)); n != counted {
			t.Errorf("%d counted links, want %d", n, counted)
		}
	})
}

// TestFoldInAnyOrder checks that neither order, nor repetition, nor folding in
// parts that are joined later, makes a difference, and that Apply and Join say
// truly whether they changed anything.
func TestFoldInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		us := updates(t)
		want := fold(us)

		if got := fold(rapid.Permutation(us).Draw(t, "shuffled")); !equal(got, want) {
			t.Errorf("shuffled: %+v, want %+v", got, want)
		}

		var s State
		var before []State
		var copies []State
		for _, u := range rapid.Permutation(append(slices.Clone(us), us...)).Draw(t, "doubled") {
			before = append(before, s)
			copies = append(copies, deepCopy(s))
			last := s
			if changed := s.Apply(u); changed == equal(last, s) {
				t.Errorf("Apply says %v for\n%+v to\n%+v", changed, last, s)
			}
		}
		if !equal(s, want) {
			t.Errorf("doubled: %+v, want %+v", s, want)
		}
		for i := range before {
			if !reflect.DeepEqual(before[i], copies[i]) {
				t.Errorf("a copy of the state was written to: %+v, was %+v", before[i], copies[i])
			}
		}

		parts := make([]State, 3)
		for _, u := range rapid.Permutation(us).Draw(t, "parts") {
			parts[rapid.IntRange(0, 2).Draw(t, "part")].Apply(u)
		}
		for _, order := range [][3]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}} {
			j := parts[order[0]]
			for _, p := range order[1:] {
				last := j
				if changed := j.Join(parts[p]); changed == equal(last, j) {
					t.Errorf("Join says %v for\n%+v to\n%+v", changed, last, j)
				}
			}
			if !equal(j, want) {
				t.Errorf("joined in order %v: %+v, want %+v", order, j, want)
			}
			if j.Join(parts[order[0]]) || j.Join(j) {
				t.Error("joining a part again, or the state itself, changes it")
			}
		}
		right := parts[1]
		right.Join(parts[2])
		left := parts[0]
		left.Join(right)
		if !equal(left, want) {
			t.Errorf("joined from the right: %+v, want %+v", left, want)
		}
	})
}

func deepCopy(s State) State {
	s.Links, s.Edits = slices.Clone(s.Links), slices.Clone(s.Edits)
	return s
}

func TestUpdate(t *testing.T) {
	numbers := map[string]Page{"http://b.example/": 7, "http://c.example/": 3}
	number := func(u string) Page {
		n, ok := numbers[u]
		if !ok {
			t.Errorf("asked for the number of %s", u)
		}
		return n
	}
	e := Event{Type: PageCrawled, URL: "http://a.example/", Links: []Link{{"http://b.example/", UGC}, {"http://c.example/", 0}}}
	u, ok := e.Update(number)
	if want := []Edge{{3, 0}, {7, UGC}}; !ok || !slices.Equal(u.Links, want) {
		t.Errorf("links %v, want %v", u.Links, want)
	}
	for _, kind := range []Type{LinkAdded, LinkRemoved} {
		e := Event{Type: kind, URL: "http://a.example/", Target: "http://a.example/"}
		if _, ok := e.Update(number); ok {
			t.Errorf("%v of a page to itself is an update", kind)
		}
	}
	e = Event{Type: PageAlias, URL: "http://a.example/", Target: "http://b.example/"}
	if u, ok := e.Update(number); !ok || u.Target != 7 {
		t.Errorf("alias gives %+v, %v", u, ok)
	}
}

func TestCollapseIsASemilattice(t *testing.T) {
	for a := range Rel(8) {
		for b := range Rel(8) {
			if a.Collapse(b) != b.Collapse(a) || a.Collapse(a) != a {
				t.Errorf("%v and %v", a, b)
			}
			for c := range Rel(8) {
				if a.Collapse(b).Collapse(c) != a.Collapse(b.Collapse(c)) {
					t.Errorf("%v, %v and %v", a, b, c)
				}
			}
		}
	}
}
