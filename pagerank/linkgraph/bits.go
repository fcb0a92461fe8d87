package linkgraph

import "math/bits"

// ranked is a set of page numbers that, once counted, knows how many are smaller than a
// given one. It takes a bit and a half for each number there may be.
type ranked struct {
	words []uint64
	below []uint32 // by word: members in the words before
}

// newRanked returns an empty set of numbers below n.
func newRanked(n int) ranked { return ranked{words: make([]uint64, n/64+1)} }

func (r *ranked) set(p uint32)      { r.words[p/64] |= 1 << (p % 64) }
func (r *ranked) has(p uint32) bool { return r.words[p/64]>>(p%64)&1 != 0 }

// count makes rank work.
func (r *ranked) count() {
	r.below = make([]uint32, len(r.words))
	n := uint32(0)
	for i, w := range r.words {
		r.below[i] = n
		n += uint32(bits.OnesCount64(w))
	}
}

// rank returns how many members are smaller than p, which may be n.
func (r *ranked) rank(p uint32) uint32 {
	return r.below[p/64] + uint32(bits.OnesCount64(r.words[p/64]&(1<<(p%64)-1)))
}
