package csr

import "math/bits"

// bitmap is a set of numbers that knows how many are smaller than one of them.
type bitmap struct {
	words []uint64
	below []uint32 // by word: members in the words before
}

func newBitmap(n int) *bitmap { return &bitmap{words: make([]uint64, (n+63)/64)} }

func (b *bitmap) set(v uint32) { b.words[v/64] |= 1 << (v % 64) }

// members returns the numbers in the set, ascending, and makes rank work.
func (b *bitmap) members() []uint32 {
	b.below = make([]uint32, len(b.words))
	count := uint32(0)
	for i, w := range b.words {
		b.below[i] = count
		count += uint32(bits.OnesCount64(w))
	}
	all := make([]uint32, 0, count)
	for i, w := range b.words {
		for ; w != 0; w &= w - 1 {
			all = append(all, uint32(i*64+bits.TrailingZeros64(w)))
		}
	}
	return all
}

// rank returns how many members are smaller than the member v.
func (b *bitmap) rank(v uint32) uint32 {
	return b.below[v/64] + uint32(bits.OnesCount64(b.words[v/64]&(1<<(v%64)-1)))
}
