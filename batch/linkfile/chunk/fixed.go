package chunk

import (
	"encoding/binary"
	"math"
)

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
