package verify

import (
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
	"freshrank/pagerank/pageranktest"
)

// serve returns what a batch run over events serves.
func serve(t *testing.T, events []link.Event) (map[link.PageKey]Row, pagerank.Certificate) {
	t.Helper()
	o := linkgraph.NewOverlay(nil)
	for i := range events {
		o.Apply(&events[i])
	}
	g := o.Graph()
	eff := g.Effective(link.DropMarked)
	// A loose tolerance, so that the intervals have something to hold.
	res, err := pagerank.Rank(t.Context(), pagerank.Problem{Out: eff.Out, Member: eff.Member}, pagerank.Options{Tolerance: 1e-4})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[link.PageKey]Row{}
	for p := range link.Page(g.Pages()) {
		row := Row{URL: g.URL(p), Status: eff.Status(g, p).String(), HasX: eff.Member[p], X: res.X[p] + res.Residual[p]}
		if eff.Root[p] != link.NoPage {
			row.Target = g.Key(eff.Root[p])
		}
		rows[g.Key(p)] = row
	}
	return rows, res.Certificate
}

// TestCompareHasPower damages what is served in every way that counts; each must
// be found.
func TestCompareHasPower(t *testing.T) {
	events := pageranktest.RandomEvents(rand.New(rand.NewPCG(5, 5)), 150, 30)
	truth := pageranktest.Truth(events, link.DropMarked, 0.85)
	rows, c := serve(t, events)
	if r := Compare(rows, c, truth); !r.OK() {
		t.Fatalf("undamaged: %v", r.FirstFaults)
	}
	pick := func(status string, member bool) link.PageKey {
		for url, a := range truth.Pages {
			if a.Status == status && a.Member == member {
				return link.KeyOf(url)
			}
		}
		t.Fatalf("no page is %s", status)
		return link.PageKey{}
	}
	ranked, alias := pick("ranked", true), pick("alias", false)
	for name, c2 := range map[string]struct {
		damage func(map[link.PageKey]Row, *pagerank.Certificate)
		want   string
	}{
		"a value": {func(r map[link.PageKey]Row, _ *pagerank.Certificate) {
			row := r[ranked]
			row.X *= 1.01
			r[ranked] = row
		}, "is outside of"},
		"a lost page": {func(r map[link.PageKey]Row, _ *pagerank.Certificate) { delete(r, ranked) }, "served as unknown, truth is ranked"},
		"a made-up one": {func(r map[link.PageKey]Row, _ *pagerank.Certificate) {
			r[link.KeyOf("x")] = Row{URL: "x", Status: "ranked", X: 1, HasX: true}
		}, "no event names it"},
		"a status": {func(r map[link.PageKey]Row, _ *pagerank.Certificate) {
			row := r[ranked]
			row.Status = "gone"
			r[ranked] = row
		}, "served as gone"},
		"a rank of one that has none": {func(r map[link.PageKey]Row, _ *pagerank.Certificate) {
			row := r[alias]
			row.X, row.HasX = 1, true
			r[alias] = row
		}, "has a rank"},
		"an alias": {func(r map[link.PageKey]Row, _ *pagerank.Certificate) {
			row := r[alias]
			row.Target = ranked
			row.Target[0]++
			r[alias] = row
		}, "served as alias of"},
		"N":       {func(_ map[link.PageKey]Row, c *pagerank.Certificate) { c.Pages++ }, "N: served"},
		"the sum": {func(_ map[link.PageKey]Row, c *pagerank.Certificate) { c.Sum *= 1.001 }, "conservation law"},
	} {
		damaged, cert := maps.Clone(rows), c
		c2.damage(damaged, &cert)
		r := Compare(damaged, cert, truth)
		if r.OK() || !strings.Contains(strings.Join(r.FirstFaults, "\n"), c2.want) {
			t.Errorf("%s: faults %q, want one with %q", name, r.FirstFaults, c2.want)
		}
	}
}
