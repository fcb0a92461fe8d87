package incremental

import (
	"math/bits"

	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// node is what the engine knows of a page, apart from its links and residual.
type node struct {
	x      float64          // x̂; 0 for an alias
	told   float64          // the value handed out last, NaN: no rank
	in     uint32           // links that lead here, those through aliases included; 0 for an alias
	weight float32          // see weight.go
	per    uint32           // each of its links weighs 1/per; 0: it has none
	flags  flag             // what it is
	status linkgraph.Status // handed out last
	burden uint8            // what a push costs: the binary logarithm of 8 + its links
}

// residual is what meets whoever passes rank along a link to a page: four to a cache
// line.
type residual struct {
	r         float64 // 0 for an alias
	low, high float32 // while r is between them, p needs neither a push nor to be handed out
}

type flag uint8

const (
	isMember  flag = 1 << iota // has a rank: in V and no alias
	isAlias                    // forwards; not on a cycle
	isCrawled                  // crawled and not gone
	isGone                     // gone, with no newer links of its own
	isChanged                  // has other links than in the base graph
	isTold                     // handed out since the base generation: baseX has what was served before
)

func burden(links int) uint8 { return uint8(bits.Len(uint(links+8)) - 1) }

// flagsOf returns what the folded state says of a page: its kind, and how many current
// links it has.
func flagsOf(kind link.Kind, links int) (f flag) {
	s := link.State{Kind: kind}
	if s.CrawledNow() {
		f |= isCrawled
	}
	if s.GoneNow() && links == 0 {
		f |= isGone
	}
	return f
}

// sparse is a slice of which few elements are ever set. It holds those parts of 512
// elements that have one.
type sparse[T any] struct{ parts []*[512]T }

// get returns an element that has been set.
func (s *sparse[T]) get(p link.Page) T { return s.parts[p/512][p%512] }

func (s *sparse[T]) set(p link.Page, v T) {
	i := int(p / 512)
	if i >= len(s.parts) {
		s.parts = append(s.parts, make([]*[512]T, i+1-len(s.parts))...)
	}
	if s.parts[i] == nil {
		s.parts[i] = new([512]T)
	}
	s.parts[i][p%512] = v
}
