package chunk

import (
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
