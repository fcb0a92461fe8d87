// Package csr holds a link graph as compressed sparse rows: for each page of a
// dense numbering, the numbers its links lead to. A Graph is immutable and safe
// for concurrent readers. It knows nothing of direction: the same type holds
// out-links and, transposed, in-links.
package csr

// Graph is an immutable adjacency of Pages() rows. Row u is
// Target[Start[u]:Start[u+1]], ascending; a target may repeat (several links of
// one page that lead, through aliases, to the same page).
type Graph struct {
	Start  []uint64 // len = rows+1, ascending, Start[0] = 0
	Target []uint32 // len = links
}

// Pages returns the number of rows.
func (g *Graph) Pages() int {
	if len(g.Start) == 0 {
		return 0
	}
	return len(g.Start) - 1
}

// Links returns the number of links.
func (g *Graph) Links() int { return len(g.Target) }

// Row returns the targets of row u. The caller must not change them.
func (g *Graph) Row(u uint32) []uint32 { return g.Target[g.Start[u]:g.Start[u+1]] }

// Degree returns the length of row u.
func (g *Graph) Degree(u uint32) int { return int(g.Start[u+1] - g.Start[u]) }
