package batch

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// publish makes what was ranked the active generation.
func (w *work) publish(ctx context.Context, g *linkgraph.Graph, e *linkgraph.Effective, r *pagerank.Result) (*Generation, error) {
	if err := w.t.enter(ctx, PhasePublish); err != nil {
		return nil, err
	}
	s := serve(g, e, r)
	p := &Publication{
		Generation: Generation{
			Number: w.number, Run: w.t.run.ID, AsOf: w.asOf, Cut: w.cut, Parameters: w.o.parameters(),
			KnownPages: int64(g.Pages()), Links: int64(e.Out.Links()), Sweeps: r.Sweeps, Certificate: r.Certificate,
		},
		Rows: len(s.order), Pages: s.pages(),
	}
	p.XMax, p.Quantiles = quantiles(e.Member, s.x)
	p.Hosts, p.Domains = s.groups()
	err := w.o.View.Publish(ctx, w.epoch, p, func(rows int) {
		w.t.done(0.6 * fraction(int64(rows), int64(p.Rows))) // the rest is indexes
	})
	if err != nil {
		return nil, fmt.Errorf("publish generation %d: %w", w.number, err)
	}
	return &p.Generation, nil
}

// served is what a generation says of each page, by page of its graph.
type served struct {
	g     *linkgraph.Graph
	e     *linkgraph.Effective
	x     []float64
	order []keyed // the pages that are published, ascending by key
	host  []int32 // index into hosts
	hosts []Group // in order of first page
}

type keyed struct {
	key  link.PageKey
	page link.Page
}

func serve(g *linkgraph.Graph, e *linkgraph.Effective, r *pagerank.Result) *served {
	n := g.Pages()
	s := &served{g: g, e: e, x: make([]float64, n), host: make([]int32, n)}
	number := map[string]int32{}
	for i := range n {
		p := link.Page(i)
		s.x[i] = r.X[i] + r.Residual[i]
		if e.Status(g, p) != linkgraph.Unknown {
			s.order = append(s.order, keyed{g.Key(p), p})
		}
		host := link.HostOf(g.URL(p))
		h, ok := number[host]
		if !ok {
			h = int32(len(s.hosts))
			number[host] = h
			s.hosts = append(s.hosts, Group{Name: host, Domain: link.DomainOf(host)})
		}
		s.host[i] = h
		if e.Member[i] {
			s.hosts[h].Pages++
			s.hosts[h].X += s.x[i]
		}
	}
	slices.SortFunc(s.order, func(a, b keyed) int { return bytes.Compare(a.key[:], b.key[:]) })
	return s
}

// pages yields the published pages in the order of their keys, in which a
// table's primary key is built fastest.
func (s *served) pages() iter.Seq[Page] {
	return func(yield func(Page) bool) {
		for _, k := range s.order {
			h := &s.hosts[s.host[k.page]]
			row := Page{
				Key: k.key, URL: s.g.URL(k.page), Host: h.Name, Domain: h.Domain,
				Status: s.e.Status(s.g, k.page).String(), X: s.x[k.page], HasX: s.e.Member[k.page],
			}
			if root := s.e.Root[k.page]; root != link.NoPage {
				row.Target, row.Alias = s.g.Key(root), true
			}
			if !yield(row) {
				return
			}
		}
	}
}

// groups returns the hosts and the domains that have a page with an x, by name.
func (s *served) groups() (hosts, domains []Group) {
	number := map[string]int{}
	for _, h := range s.hosts {
		if h.Pages == 0 {
			continue
		}
		hosts = append(hosts, h)
		i, ok := number[h.Domain]
		if !ok {
			i = len(domains)
			number[h.Domain] = i
			domains = append(domains, Group{Name: h.Domain, Domain: h.Domain})
		}
		domains[i].Pages += h.Pages
		domains[i].X += h.X
	}
	byName := func(a, b Group) int { return cmp.Compare(a.Name, b.Name) }
	slices.SortFunc(hosts, byName)
	slices.SortFunc(domains, byName)
	return hosts, domains
}

// steps is the number of intervals between quantiles.
const steps = 1000

// quantiles returns the greatest of the members' x, and their quantiles by
// nearest rank.
func quantiles(member []bool, x []float64) (greatest float64, q []float64) {
	var sorted []float64
	for p, m := range member {
		if m {
			sorted = append(sorted, x[p])
		}
	}
	slices.Sort(sorted)
	q = make([]float64, steps+1)
	last := float64(len(sorted) - 1)
	for k := range q {
		q[k] = sorted[int(math.Round(last*float64(k)/steps))]
	}
	return sorted[len(sorted)-1], q
}
