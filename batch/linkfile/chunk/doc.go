// Package chunk decodes column chunks of Parquet files, as much of the format as
// package linkfile writes, into memory of the caller.
//
// It is there beside the library that writes the files because reading a generation is
// on the way of every start and every batch run: it allocates nothing by the page or
// the value, decodes row groups independently of each other, and whatever bytes it is
// given it ends with values or an error, not with a panic or never. The tests hold it
// against the library.
//
// Understood are data pages of version 1 and flat columns; the codecs none, Snappy and
// Zstandard; the encodings PLAIN, RLE_DICTIONARY with up to 256 words,
// DELTA_BINARY_PACKED and DELTA_BYTE_ARRAY. Anything else is [ErrUnsupported].
//
// The formats are those of parquet-format: Encodings.md, and parquet.thrift in Thrift's
// compact protocol.
package chunk

import "errors"

// ErrUnsupported is wrapped by errors over chunks that may be good Parquet, but are
// nothing that linkfile writes.
var ErrUnsupported = errors.New("not written by freshrank")

// errShort says that bytes end before what they hold does.
var errShort = errors.New("ends early")

// Codec says how the pages of a chunk are compressed.
type Codec uint8

// The codecs, as in parquet.thrift.
const (
	None   Codec = 0
	Snappy Codec = 1
	Zstd   Codec = 6
)

// Column is a chunk: the bytes of its pages, those of the dictionary included.
type Column struct {
	Data     []byte
	Codec    Codec
	Optional bool
	Rows     int
}
