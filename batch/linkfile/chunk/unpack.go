package chunk

import (
	"encoding/binary"
	"fmt"
)

// unpack decodes DELTA_BINARY_PACKED: blocks of a minimum and miniblocks, each of which
// has bits of its own for what its deltas are above that. All of it is modulo the size of
// T. It returns what follows the last miniblock.
func unpack[T integer](b []byte, out []T) (rest []byte, err error) {
	var head [3]uint64 // values in a block, miniblocks in a block, values
	for i := range head {
		var n int
		if head[i], n = binary.Uvarint(b); n <= 0 {
			return nil, errShort
		}
		b = b[n:]
	}
	first, n := binary.Varint(b)
	if n <= 0 {
		return nil, errShort
	}
	b = b[n:]
	if head[0] == 0 || head[0] > 1<<16 || head[1] == 0 || head[0]%(32*head[1]) != 0 {
		return nil, fmt.Errorf("blocks of %d values in %d miniblocks", head[0], head[1])
	}
	if head[2] != uint64(len(out)) {
		return nil, fmt.Errorf("%d packed numbers, expected %d", head[2], len(out))
	}
	if len(out) == 0 {
		return b, nil
	}
	last := T(first)
	out[0], out = last, out[1:]
	minis, mini := int(head[1]), int(head[0]/head[1])
	for len(out) > 0 {
		least, n := binary.Varint(b)
		if n <= 0 || len(b) < n+minis {
			return nil, errShort
		}
		widths := b[n : n+minis]
		b = b[n+minis:]
		for _, width := range widths {
			if len(out) == 0 {
				break
			}
			bytes := int(width) * mini / 8
			if width > 64 || len(b) < bytes {
				return nil, errShort
			}
			part := out[:min(mini, len(out))]
			last = unpackMini(b, uint(width), last, T(least), part)
			out, b = out[len(part):], b[bytes:]
		}
	}
	return b, nil
}

// unpackMini decodes a miniblock of deltas, each least more than width bits of b say.
func unpackMini[T integer](b []byte, width uint, last, least T, out []T) T {
	if width == 0 {
		for i := range out {
			last += least
			out[i] = last
		}
		return last
	}
	mask := uint64(1)<<width - 1 // of width 64: all
	at, i := uint(0), 0
	if width <= 57 { // 8 bytes from the first one hold it whole, if they are there
		for ; i < len(out) && at/8+8 <= uint(len(b)); i++ {
			bits := binary.LittleEndian.Uint64(b[at/8:]) >> (at % 8)
			last += T(bits&mask) + least
			out[i] = last
			at += width
		}
	}
	for ; i < len(out); i++ {
		bits := uint64(0)
		for k := uint(0); k < width; k += 8 - (at+k)%8 {
			bits |= uint64(b[(at+k)/8]>>((at+k)%8)) << k
		}
		last += T(bits&mask) + least
		out[i] = last
		at += width
	}
	return last
}
