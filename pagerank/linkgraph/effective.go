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

// StatusOf returns the status of a page with the given folded state, of which
// the graph as a whole decides whether it is a member of V and whether it stands
// for another page.
func StatusOf(s link.State, alias, member bool) Status {
	switch {
	case alias:
		return Alias
	case s.GoneNow():
		return Gone
	case member:
		return Ranked
	}
	return Unknown
}

// Effective is what of a graph gets ranked under one rel policy.
type Effective struct {
	Out    *csr.Graph  // links that carry rank, aliases followed; row length = out-degree as published
	Member []bool      // pages that have a rank: in V and no alias
	Root   []link.Page // of an alias: the page that it leads to in the end; NoPage otherwise
	Pages  int         // N, the number of members
}

// Effective derives from the folded state which pages have a rank and through
// which links:
//
//   - A link counts if its rel does under policy. Its source's out-degree counts
//     links as published; where it leads, aliases are followed to their end.
//   - Aliases on a cycle are none: each of those pages stands for itself.
//   - V holds every page that is crawled, has a counted link of its own, or that
//     a counted link leads to, directly or through aliases. V less the aliases
//     has ranks.
func (g *Graph) Effective(policy link.RelPolicy) *Effective {
	n := g.Pages()
	e := &Effective{Out: g.Counted(policy), Root: g.roots(), Member: make([]bool, n)}
	for p := range link.Page(n) {
		alias := e.Root[p] != link.NoPage
		if !alias && (g.Kinds[p] == link.Crawled || e.Out.Degree(uint32(p)) > 0) {
			e.Member[p] = true
		}
	}
	for i, v := range e.Out.Target {
		if r := e.Root[v]; r != link.NoPage {
			e.Out.Target[i] = uint32(r)
		}
		e.Member[e.Out.Target[i]] = true
	}
	for p := range link.Page(n) {
		if e.Member[p] {
			e.Pages++
		}
		slices.Sort(e.Out.Row(uint32(p)))
	}
	return e
}

// Status returns the status of page p of g, from which e was derived.
func (e *Effective) Status(g *Graph, p link.Page) Status {
	return StatusOf(g.State(p), e.Root[p] != link.NoPage, e.Member[p])
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
