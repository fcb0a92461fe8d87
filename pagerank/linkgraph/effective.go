package linkgraph

import (
	"slices"

	"freshrank/pagerank/csr"
	"freshrank/pagerank/link"
)

// Status is what can be said of a page to someone who asks for its rank.
type Status uint8

// The statuses. A Gone page that links still lead to has a rank all the same.
const (
	Unknown Status = iota // never heard of, or nothing leads there any more
	Ranked
	Alias // answers with its target's rank
	Gone
)

// String returns the status as the API and the tables spell it.
func (s Status) String() string {
	return [...]string{"unknown", "ranked", "alias", "gone"}[s]
}

// Members says which pages of a graph have a rank under one rel policy.
type Members struct {
	Member []bool      // pages that have a rank: in V and no alias
	Root   []link.Page // of an alias: the page that it leads to in the end; NoPage otherwise
	Pages  int         // N, the number of members
}

// Members derives from the folded state, of which counted are the links that carry rank,
// which pages have one:
//
//   - Aliases on a cycle are none: each of those pages stands for itself.
//   - V holds every page that is crawled, has a counted link of its own, or that
//     a counted link leads to, directly or through aliases. V less the aliases
//     has ranks.
func (g *Graph) Members(counted *Counted) *Members {
	n := g.Pages()
	m := &Members{Root: g.roots(), Member: make([]bool, n)}
	for p := range link.Page(n) {
		row := counted.Row(uint32(p))
		if m.Root[p] == link.NoPage && (g.Kinds[p] == link.Crawled || len(row) > 0) {
			m.Member[p] = true
		}
		for _, v := range row {
			if r := m.Root[v]; r != link.NoPage {
				v = uint32(r)
			}
			m.Member[v] = true
		}
	}
	for _, member := range m.Member {
		if member {
			m.Pages++
		}
	}
	return m
}

// Effective is what of a graph gets ranked under one rel policy.
type Effective struct {
	Out *csr.Graph // links that carry rank, aliases followed; row length = out-degree as published
	Members
}

// Effective derives from the folded state which pages have a rank, see [Graph.Members],
// and through which links: a link counts if its rel does under policy. Its source's
// out-degree counts links as published; where it leads, aliases are followed to their end.
func (g *Graph) Effective(policy link.RelPolicy) *Effective {
	counted := g.Counted(policy)
	e := &Effective{Out: &g.Links, Members: *g.Members(counted)}
	if len(g.Targets) == 0 && len(counted.part.words) == 0 {
		return e
	}
	e.Out = counted.copied()
	if len(g.Targets) == 0 {
		return e
	}
	for p := range e.Out.Pages() {
		row, led := e.Out.Row(uint32(p)), false
		for i, v := range row {
			if r := e.Root[v]; r != link.NoPage {
				row[i], led = uint32(r), true
			}
		}
		if led {
			slices.Sort(row)
		}
	}
	return e
}

// Status returns the status of page p of g, from which m was derived.
func (m *Members) Status(g *Graph, p link.Page) Status {
	switch {
	case m.Root[p] != link.NoPage:
		return Alias
	case g.Kinds[p] == link.Gone && g.Links.Degree(uint32(p)) == 0:
		return Gone
	case m.Member[p]:
		return Ranked
	}
	return Unknown
}

// roots follows every alias to its end. The published aliases form a functional
// graph; following one ends at a page that is no alias, or comes round a cycle,
// all pages of which then stand for themselves.
func (g *Graph) roots() []link.Page {
	const (
		unvisited = iota
		onPath
		done
	)
	n := g.Pages()
	root := slices.Repeat([]link.Page{link.NoPage}, n)
	state := make([]uint8, n)
	var path []link.Page
	for start := range link.Page(n) {
		p := start
		path = path[:0]
		for state[p] == unvisited {
			next, ok := g.AliasOf(p)
			if !ok {
				state[p] = done
				break
			}
			state[p] = onPath
			path = append(path, p)
			p = next
		}
		end := p
		if state[p] == done && root[p] != link.NoPage {
			end = root[p]
		}
		// From the cycle's entry p, if there is one, on: each its own end.
		lead := path
		if state[p] == onPath {
			i := slices.Index(path, p)
			for _, q := range path[i:] {
				state[q] = done
			}
			lead = path[:i]
		}
		for _, q := range lead {
			root[q], state[q] = end, done
		}
	}
	return root
}
