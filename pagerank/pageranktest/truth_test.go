package pageranktest

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"freshrank/pagerank/link"
)

// events reads one event a word: "5:a=b,c" page a crawled at time 5 with links to b
// and c ("c!" is nofollow), "5:a+b" a link added, "5:a-b" removed, "5:a>b" an alias,
// "5:a#" gone. Ids are "1", "2", … by place in the text.
func events(t *testing.T, text string) []link.Event {
	t.Helper()
	var out []link.Event
	for i, word := range strings.Fields(text) {
		var at int
		var rest string
		if _, err := fmt.Sscanf(word, "%d:%s", &at, &rest); err != nil {
			t.Fatalf("%q: %v", word, err)
		}
		target, rel := rest[2:], link.Rel(0)
		if s, ok := strings.CutSuffix(target, "!"); ok && rest[1] == '+' {
			target, rel = s, link.NoFollow
		}
		e := link.Event{ID: fmt.Sprint(i + 1), Source: "test", Time: time.Unix(int64(at), 0).UTC(), URL: rest[:1], Target: target, Rel: rel}
		switch rest[1] {
		case '=':
			e.Type, e.Target = link.PageCrawled, ""
			for _, name := range strings.FieldsFunc(target, func(r rune) bool { return r == ',' }) {
				l := link.Link{URL: strings.TrimSuffix(name, "!")}
				if l.URL != name {
					l.Rel = link.NoFollow
				}
				e.Links = append(e.Links, l)
			}
		case '+':
			e.Type = link.LinkAdded
		case '-':
			e.Type = link.LinkRemoved
		case '>':
			e.Type = link.PageAlias
		case '#':
			e.Type, e.Target = link.PageGone, ""
		}
		out = append(out, e)
	}
	return out
}

// TestTruth takes the rules one by one. Answers: "1−α" and the like are x at α = 0.5.
func TestTruth(t *testing.T) {
	const b = 0.5 // x of a page that nothing links to
	for _, c := range []struct {
		rule, events string
		want         string // url:status, with ">target" for an alias
		x            map[string]float64
	}{
		{"a crawled page and what it links to are ranked", "1:a=b", "a:ranked b:ranked", map[string]float64{"a": b, "b": 0.75}},
		{"a crawled page without links is ranked", "1:a=", "a:ranked", map[string]float64{"a": b}},
		{"a crawl replaces the one before", "1:a=b 2:a=c", "a:ranked b:unknown c:ranked", nil},
		{"whatever the order of arrival", "2:a=c 1:a=b", "a:ranked b:unknown c:ranked", nil},
		{"of equal times the greater id wins", "1:a=b 1:a=c", "a:ranked b:unknown c:ranked", nil},
		{"a link applies on top of an older crawl", "2:a+c 1:a=b", "a:ranked b:ranked c:ranked", map[string]float64{"b": b + 0.5*b/2}},
		{"and is overridden by a newer one", "1:a+c 2:a=b", "a:ranked b:ranked c:unknown", nil},
		{"a page is ranked for its own link", "1:a+b", "a:ranked b:ranked", nil},
		{"but not for having lost it", "1:a+b 2:a-b", "a:unknown b:unknown", nil},
		{"a late addition does not undo a removal", "2:a-b 1:a+b", "a:unknown b:unknown", nil},
		{"a link to oneself is none", "1:a+a", "a:unknown", nil},
		{"a marked link carries nothing", "1:a=b!,c", "a:ranked b:unknown c:ranked", map[string]float64{"c": 0.75}},
		{"nor does one added", "1:a+b!", "a:unknown b:unknown", nil},
		{"a later rel wins", "1:a=b! 2:a+b", "a:ranked b:ranked", nil},
		{"gone takes links away", "1:a=b 2:a#", "a:gone b:unknown", nil},
		{"a gone page keeps a rank while linked to", "1:a=b 2:b#", "a:ranked b:gone", map[string]float64{"b": 0.75}},
		{"a link revives it", "1:a# 2:a+b", "a:ranked b:ranked", nil},
		{"and losing that link does not", "1:a# 2:a+b 3:a-b", "a:gone b:unknown", nil},
		{"a crawl revives it", "1:a# 2:a=", "a:ranked", nil},
		{"an alias forwards undamped", "1:a=b 2:b>c", "a:ranked b:alias>c c:ranked", map[string]float64{"c": 0.75}},
		{"along chains", "1:a=b 2:b>c 3:c>d", "a:ranked b:alias>d c:alias>d d:ranked", map[string]float64{"d": 0.75}},
		{"an alias brings nobody in by itself", "2:b>c", "b:alias>c c:unknown", nil},
		{"an alias has no links", "1:b=d 2:b>c 3:a=b", "a:ranked b:alias>c c:ranked d:unknown", nil},
		{"a cycle is no alias", "1:a=b 2:b>c 3:c>b", "a:ranked b:ranked c:unknown", map[string]float64{"b": 0.75}},
		{"what leads into one ends there", "1:a=e 2:b>c 3:c>b 4:e>b", "a:ranked b:ranked c:unknown e:alias>b", nil},
		{"a crawl ends an alias", "1:b>c 2:b=", "b:ranked c:unknown", nil},
		{"so does gone", "1:b>c 2:b#", "b:gone c:unknown", nil},
		{"and a link added, for good", "1:b>c 2:b+d 3:b-d 4:a=b", "a:ranked b:ranked c:unknown d:unknown", nil},
		{"but no link removed", "1:b>c 2:b-d", "b:alias>c c:unknown d:unknown", nil},
		{"nor a link to itself", "1:b>c 2:b+b", "b:alias>c c:unknown", nil},
		{"d counts links as published", "1:a=b,c,d 2:b>c", "a:ranked b:alias>c c:ranked d:ranked",
			map[string]float64{"c": b + 2*0.5*b/3, "d": b + 0.5*b/3}},
		{"a link may come back through an alias", "1:a=b,c 2:b>a", "a:ranked b:alias>a c:ranked", map[string]float64{"a": b / 0.75}},
	} {
		t.Run(c.rule, func(t *testing.T) {
			evs := events(t, c.events)
			world := Truth(append(evs, evs...), link.DropMarked, 0.5) // all delivered twice
			var sum, ranked float64
			for _, word := range strings.Fields(c.want) {
				url, want, _ := strings.Cut(word, ":")
				a := world.Pages[url]
				got := a.Status
				if a.Target != "" {
					got += ">" + a.Target
				}
				if got != want {
					t.Errorf("%s is %s, want %s", url, got, want)
				}
				if x, ok := c.x[url]; ok && math.Abs(a.X-x) > 1e-12 {
					t.Errorf("x of %s = %v, want %v", url, a.X, x)
				}
				if a.Member {
					ranked++
				}
				sum += a.Rank
			}
			if len(world.Pages) != len(strings.Fields(c.want)) {
				t.Errorf("%d pages: want %s", len(world.Pages), c.want)
			}
			if world.N != int(ranked) || world.N > 0 && math.Abs(sum-1) > 1e-12 {
				t.Errorf("N = %d of %v members, ranks sum to %v", world.N, ranked, sum)
			}
		})
	}
}

func TestTruthCountsMarkedLinksIfTold(t *testing.T) {
	world := Truth(events(t, "1:a=b!,c"), link.CountAll, 0.5)
	if got := world.Pages["b"]; got.Status != "ranked" || math.Abs(got.X-0.625) > 1e-12 {
		t.Errorf("b is %+v, want ranked with x = 0.5 + 0.5·0.5/2", got)
	}
}

// TestTruthAfter: an import is what crawls before all events would have said.
func TestTruthAfter(t *testing.T) {
	const before, later = "1:a=b,c! 1:b=a 1:d=a", "2:a+d 3:d#"
	want := Truth(events(t, before+" "+later), link.DropMarked, 0.5)
	got := TruthAfter(func(yield func(string, []link.Link) bool) {
		for _, e := range events(t, before) {
			if !yield(e.URL, e.Links) {
				return
			}
		}
	}, events(t, later), link.DropMarked, 0.5)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}
