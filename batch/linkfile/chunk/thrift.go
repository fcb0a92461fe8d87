package chunk

import "encoding/binary"

// thrift reads the compact protocol off b.
type thrift struct{ b []byte }

// deepest is how many structs and lists may stand in each other.
const deepest = 8

// fields reads a struct: it calls known with every field, which reads its value and
// returns true, or does not.
func (t *thrift) fields(depth int, known func(id int16, kind byte) (bool, error)) error {
	id := int16(0)
	for {
		first, err := t.byte()
		if err != nil || first == thriftStop {
			return err
		}
		kind := first & 15
		if delta := first >> 4; delta > 0 {
			id += int16(delta)
		} else {
			v, err := t.varint()
			if err != nil {
				return err
			}
			id = int16(v>>1) ^ -int16(v&1)
		}
		done, err := known(id, kind)
		if err == nil && !done {
			err = t.skip(depth+1, kind)
		}
		if err != nil {
			return err
		}
	}
}

func (t *thrift) byte() (byte, error) {
	if len(t.b) == 0 {
		return 0, errHeader
	}
	c := t.b[0]
	t.b = t.b[1:]
	return c, nil
}

func (t *thrift) varint() (uint64, error) {
	v, n := binary.Uvarint(t.b)
	if n <= 0 {
		return 0, errHeader
	}
	t.b = t.b[n:]
	return v, nil
}

func (t *thrift) int(kind byte, to *int64) (bool, error) {
	if kind < 4 || kind > thriftI64 {
		return false, errHeader
	}
	v, err := t.varint()
	*to = int64(v>>1) ^ -int64(v&1)
	return true, err
}

// skip reads a value of which nothing is wanted.
func (t *thrift) skip(depth int, kind byte) error {
	if depth > deepest {
		return errHeader
	}
	switch kind {
	case thriftTrue, thriftFalse:
		return nil
	case thriftByte:
		return t.drop(1)
	case 4, 5, thriftI64:
		_, err := t.varint()
		return err
	case thriftDouble:
		return t.drop(8)
	case thriftBinary:
		n, err := t.varint()
		if err != nil {
			return err
		}
		return t.drop(n)
	case thriftStruct:
		return t.fields(depth, func(int16, byte) (bool, error) { return false, nil })
	}
	return errHeader // lists, sets and maps: no page header has any
}

func (t *thrift) drop(n uint64) error {
	if n > uint64(len(t.b)) {
		return errHeader
	}
	t.b = t.b[n:]
	return nil
}
