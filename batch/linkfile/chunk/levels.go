package chunk

import (
	"encoding/binary"
	"fmt"
)

// readLevels reads the definition levels at the head of a page: 1 for a value, 0 for
// none.
func readLevels(b []byte, encoding int64, levels []uint8) (rest []byte, err error) {
	if encoding != rle {
		return nil, fmt.Errorf("levels of encoding %d: %w", encoding, ErrUnsupported)
	}
	if len(b) < 4 {
		return nil, errShort
	}
	n := binary.LittleEndian.Uint32(b)
	if b = b[4:]; uint64(n) > uint64(len(b)) {
		return nil, errShort
	}
	return b[n:], hybrid(b[:n], 1, levels)
}

// hybrid decodes numbers of width bits, up to 8, in the mixture of runs and bit-packed
// groups of eight that levels and places in a dictionary have.
func hybrid(b []byte, width uint, to []uint8) error {
	if width > 8 {
		return fmt.Errorf("dictionary places of %d bits: %w", width, ErrUnsupported)
	}
	mask := uint64(1)<<width - 1
	for len(to) > 0 {
		head, n := binary.Uvarint(b)
		if n <= 0 {
			return errShort
		}
		b = b[n:]
		count := head >> 1
		if count == 0 {
			return fmt.Errorf("an empty run")
		}
		if head&1 == 0 {
			value := uint8(0)
			if width > 0 {
				if len(b) == 0 {
					return errShort
				}
				value, b = b[0], b[1:]
			}
			if uint64(value) > mask {
				return fmt.Errorf("%d in %d bits", value, width)
			}
			run := to[:min(count, uint64(len(to)))]
			to = to[len(run):]
			for i := range run {
				run[i] = value
			}
			continue
		}
		for ; count > 0 && len(to) > 0; count-- {
			if len(b) < int(width) {
				return errShort
			}
			bits := uint64(0)
			for i, c := range b[:width] {
				bits |= uint64(c) << (8 * i)
			}
			b = b[width:]
			group := to[:min(8, len(to))]
			to = to[len(group):]
			for i := range group {
				group[i] = uint8(bits & mask)
				bits >>= width
			}
		}
	}
	return nil
}
