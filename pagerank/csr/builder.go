package csr

import (
	"fmt"
	"slices"
)

// Builder collects links in any order and turns them into a [Graph]. The zero
// Builder is empty and keeps duplicates. See build.go for how.
//
// Peak memory, inside Build, is 12 bytes a link (8 for the link as it came, 4
// for its place in the graph) and, for more than a few million links, less than
// 20 bytes a page.
type Builder struct {
	// Dedupe collapses several links of one page to the same target into one.
	Dedupe bool

	// DropLoops leaves out links of a page to itself.
	DropLoops bool

	main    Part
	parts   []*Part
	dropped int
}

// Part takes links for one goroutine; several parts of a [Builder] may be filled at
// the same time. The order of links and parts leaves no trace in the graph.
type Part struct {
	blocks  [][]pair // every block but the last is full
	links   int
	highest pair // greatest source and greatest target, as two separate maxima
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
func (p *Part) Add(source, target uint32) {
	last := len(p.blocks) - 1
	if last < 0 || len(p.blocks[last]) == cap(p.blocks[last]) {
		size := firstBlock
		if last >= 0 {
			size = min(2*cap(p.blocks[last]), fullBlock)
		}
		p.blocks = append(p.blocks, make([]pair, 0, size))
		last++
	}
	p.blocks[last] = append(p.blocks[last], pair{source, target})
	p.links++
	p.highest.source = max(p.highest.source, source)
	p.highest.target = max(p.highest.target, target)
}

// Add takes one link.
func (b *Builder) Add(source, target uint32) { b.main.Add(source, target) }

// Part returns a new part. Whoever fills it must have finished before Build.
func (b *Builder) Part() *Part {
	p := &Part{}
	b.parts = append(b.parts, p)
	return p
}

// Links returns how many links were added since the last Build.
func (b *Builder) Links() int {
	links := b.main.links
	for _, p := range b.parts {
		links += p.links
	}
	return links
}

// Dropped returns how many duplicates and loops the last Build left out.
func (b *Builder) Dropped() int { return b.dropped }

// Build returns the graph of the links added, with rows 0 … pages−1, and empties
// the builder. A link to or from a page outside of these rows is an error.
func (b *Builder) Build(pages int) (*Graph, error) {
	blocks, highest := b.blocks()
	if err := check(blocks, highest, pages); err != nil {
		return nil, err
	}
	g := &Graph{Start: make([]uint64, pages+1), Target: make([]uint32, b.Links())}
	*b = Builder{Dedupe: b.Dedupe, DropLoops: b.DropLoops}
	kept := b.build(g, blocks)
	b.dropped = len(g.Target) - kept
	g.Target = g.Target[:kept:kept]
	return g, nil
}

func (b *Builder) blocks() (all [][]pair, highest pair) {
	for _, p := range append(b.parts, &b.main) {
		all = append(all, p.blocks...)
		highest.source = max(highest.source, p.highest.source)
		highest.target = max(highest.target, p.highest.target)
	}
	return all, highest
}

// Renumber gives the pages that any link leads from or to the numbers 0, 1, … in
// their order, and returns the number that each had; Build is then to be given as
// many pages. It takes a bit a number up to the greatest and, for the result, 4
// bytes a page.
func (b *Builder) Renumber() []uint32 {
	blocks, highest := b.blocks()
	if b.Links() == 0 {
		return nil
	}
	present := newBitmap(int(max(highest.source, highest.target)) + 1)
	for _, block := range blocks {
		for _, l := range block {
			present.set(l.source)
			present.set(l.target)
		}
	}
	old := present.members()
	if len(old) == int(old[len(old)-1])+1 {
		return old // there are no gaps
	}
	onEach(len(blocks), len(blocks), func() func(int) {
		return func(i int) {
			for j, l := range blocks[i] {
				blocks[i][j] = pair{present.rank(l.source), present.rank(l.target)}
			}
		}
	})
	highest = pair{uint32(len(old) - 1), uint32(len(old) - 1)}
	b.main.highest = highest
	for _, p := range b.parts {
		p.highest = highest
	}
	return old
}

// Relabel gives each page p the number place[p]. Every page of a link must have one.
func (b *Builder) Relabel(place []uint32) {
	blocks, _ := b.blocks()
	if len(blocks) == 0 {
		return
	}
	highest := slices.Max(place) // of all pages, linked or not: no harm, Build looks again
	onEach(len(blocks), len(blocks), func() func(int) {
		return func(i int) {
			for j, l := range blocks[i] {
				blocks[i][j] = pair{place[l.source], place[l.target]}
			}
		}
	})
	b.main.highest = pair{highest, highest}
	for _, p := range b.parts {
		p.highest = pair{highest, highest}
	}
}

// check names the first link that does not fit into the given number of pages.
func check(blocks [][]pair, highest pair, pages int) error {
	if len(blocks) == 0 || int64(max(highest.source, highest.target)) < int64(pages) {
		return nil
	}
	for _, block := range blocks {
		for _, l := range block {
			if int64(max(l.source, l.target)) >= int64(pages) {
				return fmt.Errorf("link %d → %d: there are only %d pages, numbered from 0", l.source, l.target, pages)
			}
		}
	}
	return nil
}
