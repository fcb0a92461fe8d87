package linkfile

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, root string) *Dir {
	t.Helper()
	d, err := Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// events draws events of every type over few pages, so that they meet.
func events(t *rapid.T) []*link.Event {
	url := rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf("http://host%d.test/%s", rapid.IntRange(0, 3).Draw(t, "host"), rapid.StringMatching(`[a-c]{0,2}`).Draw(t, "path"))
	})
	one := rapid.Custom(func(t *rapid.T) *link.Event {
		e := &link.Event{
			ID:     rapid.String().Draw(t, "id"),
			Source: "test",
			Time:   time.Unix(0, rapid.Int64Range(2, 1<<62).Draw(t, "time")).UTC(),
			Type:   link.Type(rapid.IntRange(int(link.PageCrawled), int(link.LinkRemoved)).Draw(t, "type")),
			URL:    url.Draw(t, "url"),
			Tie:    rapid.Uint64().Draw(t, "tie"),
		}
		rel := rapid.Custom(func(t *rapid.T) link.Rel { return link.Rel(rapid.IntRange(0, 7).Draw(t, "rel")) })
		switch e.Type {
		case link.PageCrawled:
			links := rapid.MapOf(url, rel).Draw(t, "links")
			delete(links, e.URL)
			for _, u := range slices.Sorted(maps.Keys(links)) {
				e.Links = append(e.Links, link.Link{URL: u, Rel: links[u]})
			}
		case link.PageAlias, link.LinkAdded, link.LinkRemoved:
			e.Target = url.Filter(func(u string) bool { return u != e.URL }).Draw(t, "target")
			if e.Type == link.LinkAdded {
				e.Rel = rel.Draw(t, "rel")
			}
		}
		return e
	})
	return rapid.SliceOfN(one, 0, 40).Draw(t, "events")
}

func fold(events []*link.Event) *linkgraph.Graph {
	o := linkgraph.NewOverlay(nil)
	for _, e := range events {
		o.Apply(e)
	}
	return o.Graph()
}

// sameGraph compares all that a graph says.
func sameGraph(t rapid.TB, got, want *linkgraph.Graph) {
	t.Helper()
	if got.Pages() != want.Pages() {
		t.Fatalf("%d pages, want %d", got.Pages(), want.Pages())
	}
	equal(t, "kinds", got.Kinds, want.Kinds)
	for p := range link.Page(want.Pages()) {
		if g, w := got.URL(p), want.URL(p); g != w {
			t.Fatalf("page %d is %q, want %q", p, g, w)
		}
		if g, w := got.Versions.At(p), want.Versions.At(p); g != w {
			t.Fatalf("page %d has version %v, want %v", p, g, w)
		}
		equal(t, fmt.Sprintf("links of page %d", p), got.Edges(p), want.Edges(p))
	}
	if !maps.Equal(got.Targets, want.Targets) {
		t.Fatalf("targets: %v, want %v", got.Targets, want.Targets)
	}
	if !maps.Equal(got.Added, want.Added) {
		t.Fatalf("added: %v, want %v", got.Added, want.Added)
	}
	if !maps.EqualFunc(got.Edits, want.Edits, slices.Equal) {
		t.Fatalf("edits: %v, want %v", got.Edits, want.Edits)
	}
}

func equal[T any](t rapid.TB, what string, got, want []T) {
	t.Helper()
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func TestGraphRoundTrip(t *testing.T) {
	d := open(t, t.TempDir())
	asOf := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		want := fold(events(rt))
		cut := link.Offsets(rapid.SliceOfN(rapid.Int64Range(0, 1<<60), 0, 5).Draw(rt, "cut"))
		gen := rapid.Int64Range(0, 3).Draw(rt, "generation") // replaces now and then
		if err := d.WriteGraph(t.Context(), gen, want, cut, asOf); err != nil {
			t.Fatal(err)
		}
		got, m, err := d.ReadGraph(t.Context(), gen)
		if err != nil {
			t.Fatal(err)
		}
		sameGraph(t, got, want)
		if m.Generation != gen || !m.Cut.Equal(cut) || !m.AsOf.Equal(asOf) || m.Pages != int64(want.Pages()) || m.Links != int64(want.Links.Links()) {
			t.Fatalf("manifest: %+v", m)
		}
	})
}

// bigGraph has more rows than a row group of any of its tables.
func bigGraph() *linkgraph.Graph {
	b := linkgraph.NewBuilder()
	n := pagesTable.rows + 1000
	url := func(i int) string { return fmt.Sprintf("http://www.h%03d.test/page/%d", i%500, i) }
	for i := range n {
		for k := range 9 {
			b.AddLink(url(i), url((i*7+k*k*131+k)%n), link.Rel((i+k)%97)&7)
		}
	}
	g, err := b.Graph()
	if err != nil {
		panic(err)
	}
	for i := range editsTable.rows + 5 {
		p := link.Page(i / 2)
		if g.Edits == nil {
			g.Edits, g.Added = map[link.Page][]link.Edit{}, map[link.Page]link.Version{}
		}
		v := link.Version{Time: int64(i + 2), ID: fmt.Sprintf("an event id of some length %d", i), Tie: uint64(i) << 40}
		g.Edits[p] = append(g.Edits[p], link.Edit{To: p + 1 + link.Page(i%2), Version: v, Removed: i%3 == 0})
		g.Added[p] = v
	}
	versions := linkgraph.Versions{}
	for p := range link.Page(g.Pages()) {
		v, ok := g.Added[p]
		if !ok {
			v = g.Versions.At(p)
		}
		versions.Append(v)
	}
	g.Versions = versions
	return g
}

func TestBigGraphRoundTrip(t *testing.T) {
	want := bigGraph()
	if n := want.Links.Links(); n <= linksTable.rows {
		t.Fatalf("only %d links", n)
	}
	d := open(t, t.TempDir())
	if err := d.WriteGraph(t.Context(), 7, want, link.Offsets{1}, time.Now()); err != nil {
		t.Fatal(err)
	}
	got, m, err := d.ReadGraph(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	sameGraph(t, got, want)

	// The same graph gives the same bytes.
	if err := d.WriteGraph(t.Context(), 8, got, link.Offsets{1}, time.Now()); err != nil {
		t.Fatal(err)
	}
	again, err := d.GraphManifest(t.Context(), 8)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "files", again.Files, m.Files)

	perLink := float64(find(m.Files, linksTable.file()).Bytes) / float64(m.Links)
	perPage := float64(find(m.Files, pagesTable.file()).Bytes) / float64(m.Pages)
	t.Logf("%.1f bytes a link, %.1f bytes a page", perLink, perPage)
	// These links are random within the graph, so their targets hardly compress.
	if perLink > 6 {
		t.Errorf("%.1f bytes a link: encoding lost?", perLink)
	}
}

func TestRanksRoundTrip(t *testing.T) {
	d := open(t, t.TempDir())
	rapid.Check(t, func(rt *rapid.T) {
		g := fold(events(rt))
		n := g.Pages()
		member := rapid.SliceOfN(rapid.Bool(), n, n).Draw(rt, "member")
		r := &pagerank.Result{X: make([]float64, n), Residual: make([]float64, n), Sweeps: 12, Converged: true}
		r.Certificate = pagerank.Certificate{Damping: 0.85, Pages: n, Sum: 1.5, EpsilonPlus: 1e-9}
		for p := range n {
			if member[p] {
				r.X[p], r.Residual[p] = rapid.Float64Range(0, 1e9).Draw(rt, "x"), rapid.Float64Range(-1, 1).Draw(rt, "r")
			}
		}
		params := Parameters{Damping: 0.85, RelPolicy: link.DropMarked, Tolerance: 1e-9, URLPolicy: link.PolicyVersion}
		if err := d.WriteRanks(t.Context(), 1, g, member, r, params, link.Offsets{5, 6}); err != nil {
			t.Fatal(err)
		}
		x, residual, m, err := d.ReadRanks(t.Context(), 1, g)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "x", x, r.X)
		equal(t, "residual", residual, r.Residual)
		if m.Parameters != params || pagerank.Certificate(m.Certificate) != r.Certificate || m.Sweeps != 12 || !m.Converged || m.Unmatched != 0 {
			t.Fatalf("manifest: %+v", m)
		}

		// For another graph: whoever is in both keeps its rank.
		h := fold(events(rt))
		x, _, m, err = d.ReadRanks(t.Context(), 1, h)
		if err != nil {
			t.Fatal(err)
		}
		matched := int64(0)
		for p := range link.Page(h.Pages()) {
			want := 0.0
			if q, ok := g.Find(h.Key(p)); ok && member[q] {
				want = r.X[q]
				matched++
			}
			if x[p] != want {
				t.Fatalf("x of %s is %v, want %v", h.URL(p), x[p], want)
			}
		}
		if m.Unmatched != m.Rows-matched {
			t.Fatalf("%d of %d rows unmatched, want %d", m.Unmatched, m.Rows, m.Rows-matched)
		}
	})
}
