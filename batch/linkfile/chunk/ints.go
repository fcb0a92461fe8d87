package chunk

import (
	"encoding/binary"
	"fmt"
	"math"
)

// integer is a number of 4 or 8 bytes.
type integer interface {
	~int32 | ~uint32 | ~int64 | ~uint64
}

// Ints decodes a column of integers: the values that there are into to, which has room
// for one a row, and for an optional column 1 or 0 a row into levels. It returns how
// many values there are.
func Ints[T integer](d *Decoder, c Column, to []T, levels []uint8) (int, error) {
	return d.pages(c, levels, func(p page) error {
		out := to[:p.values]
		to = to[p.values:]
		switch p.encoding {
		case plain:
			return plainInts(p.body, out)
		case deltaInts:
			_, err := unpack(p.body, out)
			return err
		case rleDictionary, plainDictionary:
			return dictInts(d, p, out)
		}
		return p.unsupported()
	})
}

func (p page) unsupported() error { return fmt.Errorf("encoding %d: %w", p.encoding, ErrUnsupported) }

func plainInts[T integer](b []byte, out []T) error {
	if size[T]() == 4 {
		if len(b) < 4*len(out) {
			return errShort
		}
		for i := range out {
			out[i] = T(binary.LittleEndian.Uint32(b[4*i:]))
		}
		return nil
	}
	if len(b) < 8*len(out) {
		return errShort
	}
	for i := range out {
		out[i] = T(binary.LittleEndian.Uint64(b[8*i:]))
	}
	return nil
}

func size[T integer]() int {
	if wide := uint64(1) << 32; T(wide) == 0 {
		return 4
	}
	return 8
}

func dictInts[T integer](d *Decoder, p page, out []T) error {
	codes, err := d.places(p, len(out))
	if err != nil {
		return err
	}
	words := make([]T, p.words)
	if err := plainInts(p.dict, words); err != nil {
		return err
	}
	for i, code := range codes {
		out[i] = words[code]
	}
	return nil
}

// places decodes n places in the dictionary of a page, all of which are in it.
func (d *Decoder) places(p page, n int) ([]uint8, error) {
	if p.words < 0 || p.words > 256 || len(p.body) == 0 {
		return nil, fmt.Errorf("a dictionary of %d words: %w", p.words, ErrUnsupported)
	}
	if cap(d.codes) < n {
		d.codes = make([]uint8, n)
	}
	codes := d.codes[:n]
	if err := hybrid(p.body[1:], uint(p.body[0]), codes); err != nil {
		return nil, err
	}
	for _, code := range codes {
		if int(code) >= p.words {
			return nil, fmt.Errorf("word %d of a dictionary of %d", code, p.words)
		}
	}
	return codes, nil
}

// Floats decodes a required column of doubles.
func Floats(d *Decoder, c Column, to []float64) error {
	_, err := d.pages(c, nil, func(p page) error {
		if p.encoding != plain {
			return p.unsupported()
		}
		if len(p.body) < 8*p.values {
			return errShort
		}
		for i := range to[:p.values] {
			to[i] = math.Float64frombits(binary.LittleEndian.Uint64(p.body[8*i:]))
		}
		to = to[p.values:]
		return nil
	})
	return err
}

// Keys decodes a required column of 16 bytes a row.
func Keys[T ~[16]byte](d *Decoder, c Column, to []T) error {
	_, err := d.pages(c, nil, func(p page) error {
		if p.encoding != plain {
			return p.unsupported()
		}
		if len(p.body) < 16*p.values {
			return errShort
		}
		for i := range to[:p.values] {
			to[i] = T(p.body[16*i:])
		}
		to = to[p.values:]
		return nil
	})
	return err
}

// Bools decodes a required column of truth values.
func Bools(d *Decoder, c Column, to []bool) error {
	_, err := d.pages(c, nil, func(p page) error {
		if p.encoding != plain {
			return p.unsupported()
		}
		if len(p.body) < (p.values+7)/8 {
			return errShort
		}
		for i := range to[:p.values] {
			to[i] = p.body[i/8]>>(i%8)&1 == 1
		}
		to = to[p.values:]
		return nil
	})
	return err
}

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
