package incremental

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"freshrank/pagerank"
	"freshrank/pagerank/csr"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// TestSingleLinks lets links come and go, among them ones that are there already or are not
// there at all, of known and of new pages: one by one as single links, on one worker and on
// four, and as whole rows. All come to the same to the last bit, and every residual is
// what it is when computed anew.
func TestSingleLinks(t *testing.T) {
	const pages = 3000
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 7))
		out := &csr.Graph{Start: make([]uint64, 1, pages+1)}
		for u := range pages { // most have few links, to pages close by; some have hundreds
			row := map[uint32]bool{}
			for range 1 << (rng.IntN(1<<8) & rng.IntN(1<<8) % 10) {
				row[uint32(min(max(u+rng.IntN(400)-200, 0), pages-1))] = true
			}
			delete(row, uint32(u))
			out.Target = append(out.Target, slices.Sorted(maps.Keys(row))...)
			out.Start = append(out.Start, uint64(len(out.Target)))
		}
		base, err := pagerank.Rank(context.Background(), pagerank.Problem{Out: out}, pagerank.Options{})
		if err != nil {
			t.Fatal(err)
		}
		engine := func(workers int) *Engine {
			g := &linkgraph.Graph{Links: *out}
			for range pages {
				g.AppendPage(nil, link.Crawled, link.Imported)
			}
			e, err := New(g, base.X, base.Residual, Options{Damping: alpha, Policy: link.CountAll, Epsilon: 0.01, Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		single, parallel, whole := engine(1), engine(4), engine(2)
		rows := map[link.Page][]link.Edge{}
		row := func(p link.Page) []link.Edge {
			if r, ok := rows[p]; ok || p >= pages {
				return r
			}
			var r []link.Edge
			for _, v := range out.Row(uint32(p)) {
				r = append(r, link.Edge{To: link.Page(v)})
			}
			return r
		}
		for step := range 20 {
			var told []Link
			var touched []link.Page
			known := map[[2]link.Page]bool{}
			for range 1 + rng.IntN(400) {
				from, to := link.Page(rng.IntN(pages+20)), link.Page(rng.IntN(pages+20))
				if rng.IntN(3) == 0 { // many changes of one row
					from = link.Page(rng.IntN(5))
				}
				r := row(from)
				if rng.IntN(2) == 0 && len(r) > 0 {
					to = r[rng.IntN(len(r))].To
				}
				if from == to || known[[2]link.Page{from, to}] {
					continue
				}
				known[[2]link.Page{from, to}] = true
				l := Link{from, to, rng.IntN(3) > 0}
				told = append(told, l)
				at, found := slices.BinarySearchFunc(r, to, func(e link.Edge, to link.Page) int { return int(e.To) - int(to) })
				switch {
				case l.There && !found:
					rows[from], touched = slices.Insert(slices.Clone(r), at, link.Edge{To: to}), append(touched, from)
				case !l.There && found:
					rows[from], touched = slices.Delete(slices.Clone(r), at, at+1), append(touched, from)
				}
			}
			slices.Sort(touched)
			whole.SetAll(slices.Compact(touched), func(p link.Page) link.State {
				kind := link.Crawled
				if p >= pages {
					kind = link.Unseen
				}
				return link.State{Kind: kind, Target: link.NoPage, Links: row(p)}
			})
			single.SetLinks(told)
			parallel.SetLinks(told)
			for _, e := range []*Engine{single, parallel, whole} {
				e.Push(context.Background(), math.MaxInt64/2)
				e.Changed(math.MaxInt, func(link.Page, Served) {})
			}
			for p := range link.Page(single.Pages()) {
				if int(p) < whole.Pages() && (single.Page(p) != whole.Page(p) || single.residuals[p].r != whole.residuals[p].r) ||
					single.Page(p) != parallel.Page(p) {
					t.Fatalf("seed %d step %d page %d: single links %+v, on four workers %+v, whole rows %+v",
						seed, step, p, single.Page(p), parallel.Page(p), whole.Page(p))
				}
			}
			anew(t, fmt.Sprintf("seed %d step %d", seed, step), single)
			c := single.Certificate()
			if c != parallel.Certificate() || c.Drift() > 1e-9 || c.Epsilon() > 0.01*(1+1e-6) {
				t.Fatalf("seed %d step %d: certificate %+v, on four workers %+v", seed, step, c, parallel.Certificate())
			}
			inner(t, "single links", single)
		}
	}
}
