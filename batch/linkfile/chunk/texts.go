package chunk

import (
	"encoding/binary"
	"fmt"
)

// Words decodes a column of strings that are all of words, as places there: for a
// required column one a row, for an optional one those that there are.
func Words(d *Decoder, c Column, words []string, to []uint8, levels []uint8) (int, error) {
	return d.pages(c, levels, func(p page) error {
		out := to[:p.values]
		to = to[p.values:]
		switch p.encoding {
		case plain:
			b := p.body
			for i := range out {
				text, rest, err := plainText(b)
				if err != nil {
					return err
				}
				if out[i], err = place(words, text); err != nil {
					return err
				}
				b = rest
			}
			return nil
		case rleDictionary, plainDictionary:
		default:
			return p.unsupported()
		}
		codes, err := d.places(p, len(out))
		if err != nil {
			return err
		}
		var of [256]uint8
		b := p.dict
		for i := range p.words {
			text, rest, err := plainText(b)
			if err != nil {
				return err
			}
			if of[i], err = place(words, text); err != nil {
				return err
			}
			b = rest
		}
		for i, code := range codes {
			out[i] = of[code]
		}
		return nil
	})
}

func place(words []string, text []byte) (uint8, error) {
	for i, w := range words {
		if w == string(text) {
			return uint8(i), nil
		}
	}
	return 0, fmt.Errorf("unknown word %q", text)
}

// plainText cuts the first string off PLAIN ones.
func plainText(b []byte) (text, rest []byte, err error) {
	if len(b) < 4 {
		return nil, nil, errShort
	}
	n := binary.LittleEndian.Uint32(b)
	if b = b[4:]; uint64(n) > uint64(len(b)) {
		return nil, nil, errShort
	}
	return b[:n], b[n:], nil
}

// Texts holds strings.
type Texts struct {
	text []byte
	ends []int
}

// Len returns how many there are.
func (t *Texts) Len() int { return len(t.ends) }

// At returns the i-th, valid until t is decoded into again.
func (t *Texts) At(i int) []byte {
	from := 0
	if i > 0 {
		from = t.ends[i-1]
	}
	return t.text[from:t.ends[i]:t.ends[i]]
}

// Strings decodes a column of strings or bytes into to, whose memory it uses: those
// that there are.
func Strings(d *Decoder, c Column, to *Texts, levels []uint8) error {
	if to.text == nil {
		to.text = []byte{} // an empty string is one, too
	}
	to.text, to.ends = to.text[:0], to.ends[:0]
	add := func(text []byte) {
		to.text = append(to.text, text...)
		to.ends = append(to.ends, len(to.text))
	}
	_, err := d.pages(c, levels, func(p page) error {
		switch p.encoding {
		case plain:
			b := p.body
			for range p.values {
				text, rest, err := plainText(b)
				if err != nil {
					return err
				}
				add(text)
				b = rest
			}
			return nil
		case rleDictionary, plainDictionary:
		default:
			return p.unsupported()
		}
		codes, err := d.places(p, p.values)
		if err != nil {
			return err
		}
		var words [256][]byte
		b := p.dict
		for i := range p.words {
			if words[i], b, err = plainText(b); err != nil {
				return err
			}
		}
		for _, code := range codes {
			add(words[code])
		}
		return nil
	})
	return err
}
