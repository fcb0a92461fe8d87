package csr

import (
	"fmt"
	"slices"
)

// Builder collects links in any order and turns them into a [Graph]. The zero
// Builder is empty and keeps duplicates.
//
// Peak memory, inside Build, is 12 bytes a link (8 for the link as it came, 4
// for its place in the graph) and 16 bytes a page.
type Builder struct {
	// Dedupe collapses several links of one page to the same target into one.
	Dedupe bool

	blocks  [][]pair // every block but the last is full
	links   int
	highest pair // greatest source and greatest target, as two separate maxima
	dropped int
}

// pair is one link as it came.
type pair struct{ source, target uint32 }

// Links are kept in blocks, which never move: appending to one slice would copy
// everything at each growth and so take up to three times the memory.
const (
	firstBlock = 1 << 8
	fullBlock  = 1 << 16
)

// Add takes one link.
func (b *Builder) Add(source, target uint32) {
	last := len(b.blocks) - 1
	if last < 0 || len(b.blocks[last]) == cap(b.blocks[last]) {
		size := firstBlock
		if last >= 0 {
			size = min(2*cap(b.blocks[last]), fullBlock)
		}
		b.blocks = append(b.blocks, make([]pair, 0, size))
		last++
	}
	b.blocks[last] = append(b.blocks[last], pair{source, target})
	b.links++
	b.highest.source = max(b.highest.source, source)
	b.highest.target = max(b.highest.target, target)
}

// Links returns how many links were added since the last Build.
func (b *Builder) Links() int { return b.links }

// Dropped returns how many duplicates the last Build left out.
func (b *Builder) Dropped() int { return b.dropped }

// Build returns the graph of the links added, with rows 0 … pages−1, and empties
// the builder. A link to or from a page outside of these rows is an error.
func (b *Builder) Build(pages int) (*Graph, error) {
	if err := b.check(pages); err != nil {
		return nil, err
	}
	g := &Graph{Start: make([]uint64, pages+1), Target: make([]uint32, b.links)}
	for _, block := range b.blocks {
		for _, l := range block {
			g.Start[l.source+1]++
		}
	}
	for u := range pages {
		g.Start[u+1] += g.Start[u]
	}
	next := slices.Clone(g.Start[:pages])
	for i, block := range b.blocks {
		for _, l := range block {
			g.Target[next[l.source]] = l.target
			next[l.source]++
		}
		b.blocks[i] = nil // the collector may have it
	}
	for u := range pages {
		slices.Sort(g.Target[g.Start[u]:g.Start[u+1]])
	}
	*b = Builder{Dedupe: b.Dedupe}
	if b.Dedupe {
		b.dropped = g.compact()
	}
	return g, nil
}

// check names the first link that does not fit into the given number of pages.
func (b *Builder) check(pages int) error {
	if b.links == 0 || int64(max(b.highest.source, b.highest.target)) < int64(pages) {
		return nil
	}
	for _, block := range b.blocks {
		for _, l := range block {
			if int64(max(l.source, l.target)) >= int64(pages) {
				return fmt.Errorf("link %d → %d: there are only %d pages, numbered from 0", l.source, l.target, pages)
			}
		}
	}
	return nil
}

// compact removes repeated targets from g's sorted rows, in place, and returns
// how many there were.
func (g *Graph) compact() (dropped int) {
	var kept, from uint64
	for u := range g.Pages() {
		to := g.Start[u+1]
		for i := from; i < to; i++ {
			if i == from || g.Target[i] != g.Target[i-1] {
				// kept ≤ i: place i−1 has been written to only if nothing was
				// dropped so far, and then with its own value.
				g.Target[kept] = g.Target[i]
				kept++
			}
		}
		from = to
		g.Start[u+1] = kept
	}
	dropped = len(g.Target) - int(kept)
	g.Target = g.Target[:kept:kept]
	return dropped
}
