package linkgraph

import (
	"freshrank/pagerank/csr"
	"freshrank/pagerank/hugepages"
	"freshrank/pagerank/link"
)

// Counted holds the links of a graph that carry rank, as published: rows by page,
// aliases not followed. The length of a row is the page's out-degree. It shares the
// graph's memory, but for the rows of pages some of whose links do not count.
type Counted struct {
	all  *csr.Graph // as in the graph
	part ranked     // pages some of whose links do not count; no words: there are none
	rows csr.Graph  // theirs, in order
}

// Counted returns the links that carry rank under policy.
func (g *Graph) Counted(policy link.RelPolicy) *Counted {
	c := &Counted{all: &g.Links}
	if g.Rels == nil || policy == link.CountAll {
		return c
	}
	part, pages, links := newRanked(g.Pages()), 0, 0
	for p := range uint32(g.Pages()) {
		dropped := 0
		for _, rel := range g.Rels[g.Links.Start[p]:g.Links.Start[p+1]] {
			if !policy.Counts(rel) {
				dropped++
			}
		}
		if dropped > 0 {
			part.set(p)
			pages, links = pages+1, links+g.Links.Degree(p)-dropped
		}
	}
	if pages == 0 {
		return c
	}
	part.count()
	c.part = part
	c.rows = csr.Graph{Start: make([]uint64, 1, pages+1), Target: hugepages.Make[uint32](links)[:0]}
	for p := range uint32(g.Pages()) {
		if !part.has(p) {
			continue
		}
		for at := g.Links.Start[p]; at < g.Links.Start[p+1]; at++ {
			if policy.Counts(g.Rels[at]) {
				c.rows.Target = append(c.rows.Target, g.Links.Target[at])
			}
		}
		c.rows.Start = append(c.rows.Start, uint64(len(c.rows.Target)))
	}
	return c
}

// Pages returns the number of rows.
func (c *Counted) Pages() int { return c.all.Pages() }

// Row returns the targets of row u, ascending. The caller must not change them.
func (c *Counted) Row(u uint32) []uint32 {
	if len(c.part.words) > 0 && c.part.has(u) {
		return c.rows.Row(c.part.rank(u))
	}
	return c.all.Row(u)
}

// Degree returns the length of row u.
func (c *Counted) Degree(u uint32) int { return len(c.Row(u)) }

// copied returns the same in memory of its own.
func (c *Counted) copied() *csr.Graph {
	n := c.Pages()
	out := &csr.Graph{Start: hugepages.Make[uint64](n + 1)}
	for p := range n {
		out.Start[p+1] = out.Start[p] + uint64(c.Degree(uint32(p)))
	}
	out.Target = hugepages.Make[uint32](int(out.Start[n]))
	for p := range n {
		copy(out.Target[out.Start[p]:], c.Row(uint32(p)))
	}
	return out
}
