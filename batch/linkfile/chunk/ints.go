package chunk

import (
	"encoding/binary"
	"fmt"
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
