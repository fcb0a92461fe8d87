package chunk

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Page types and encodings of parquet.thrift.
const (
	dataPage       = 0
	dictionaryPage = 2

	plain           = 0
	plainDictionary = 2
	rle             = 3
	deltaInts       = 5
	deltaStrings    = 7
	rleDictionary   = 8
)

// header is what matters of a PageHeader.
type header struct {
	kind         int64
	size, packed int64 // of the page, after and before decompression
	values       int64
	encoding     int64
	levels       int64 // encoding of the definition levels
}

// Types of Thrift's compact protocol.
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI64    = 6 // and the narrower ones, 4 and 5
	thriftDouble = 7
	thriftBinary = 8
	thriftStruct = 12
)

var errHeader = errors.New("page header cannot be read")

// readHeader reads the header that a page begins with and returns what follows it.
func readHeader(b []byte) (h header, rest []byte, err error) {
	h = header{kind: -1, size: -1, packed: -1, values: -1, encoding: -1, levels: rle}
	t := thrift{b}
	err = t.fields(0, func(id int16, kind byte) (bool, error) {
		switch id {
		case 1:
			return t.int(kind, &h.kind)
		case 2:
			return t.int(kind, &h.size)
		case 3:
			return t.int(kind, &h.packed)
		case 5, 7: // DataPageHeader, DictionaryPageHeader: they begin alike
			if kind != thriftStruct {
				return false, errHeader
			}
			return true, t.fields(1, func(id int16, kind byte) (bool, error) {
				switch id {
				case 1:
					return t.int(kind, &h.values)
				case 2:
					return t.int(kind, &h.encoding)
				case 3:
					if kind == thriftTrue || kind == thriftFalse { // is_sorted of a dictionary
						return true, nil
					}
					return t.int(kind, &h.levels)
				}
				return false, nil
			})
		}
		return false, nil
	})
	const most = 1 << 30
	if err == nil && (h.size < 0 || h.packed < 0 || h.values < 0 || h.size > most || h.values > most || h.packed > int64(len(t.b))) {
		if h.kind != dataPage && h.kind != dictionaryPage && h.kind >= 0 {
			return h, nil, fmt.Errorf("page of type %d: %w", h.kind, ErrUnsupported)
		}
		err = errHeader
	}
	return h, t.b, err
}

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
