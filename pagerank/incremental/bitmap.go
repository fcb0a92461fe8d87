package incremental

import "math/bits"

// bitmap holds a bit for each of some pages.
type bitmap []uint64

func (b bitmap) has(i uint32) bool { return b[i/64]>>(i%64)&1 != 0 }
func (b bitmap) set(i uint32)      { b[i/64] |= 1 << (i % 64) }
func (b bitmap) clear(i uint32)    { b[i/64] &^= 1 << (i % 64) }

// reach makes room for n bits.
func (b *bitmap) reach(n int) {
	if more := (n+63)/64 - len(*b); more > 0 {
		*b = append(*b, make([]uint64, more)...)
	}
}

// count returns how many bits are set.
func (b bitmap) count() (n int) {
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}
