package chunk

// FrontCoded decodes a required column of strings in DELTA_BYTE_ARRAY: it calls fn with
// each, as how many bytes it shares with the one before it, at most as many as that has,
// and the rest, valid during the call. The first of a page should share none; the
// library that writes lets it share with the last of the page before.
func FrontCoded(d *Decoder, c Column, fn func(shared int, rest []byte) error) error {
	before := 0
	_, err := d.pages(c, nil, func(p page) error {
		if p.encoding != deltaStrings {
			return p.unsupported()
		}
		for i := range d.lengths {
			if cap(d.lengths[i]) < p.values {
				d.lengths[i] = make([]uint32, p.values)
			}
		}
		shared, lengths := d.lengths[0][:p.values], d.lengths[1][:p.values]
		b, err := unpack(p.body, shared)
		if err != nil {
			return err
		}
		if b, err = unpack(b, lengths); err != nil {
			return err
		}
		for i, n := range lengths {
			if uint64(n) > uint64(len(b)) || int(shared[i]) > before {
				return errShort
			}
			before = int(shared[i]) + int(n)
			if err := fn(int(shared[i]), b[:n]); err != nil {
				return err
			}
			b = b[n:]
		}
		return nil
	})
	return err
}
