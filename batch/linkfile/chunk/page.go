package chunk

import (
	"fmt"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// Decoder decodes chunks, one at a time; its memory serves for the next.
type Decoder struct {
	page, dict []byte
	zstd       *zstd.Decoder
	lengths    [2][]uint32
	codes      []uint8
}

// Close frees what d holds.
func (d *Decoder) Close() {
	if d.zstd != nil {
		d.zstd.Close()
	}
}

// page is a data page, decompressed.
type page struct {
	rows     int // it has, null or not
	values   int // of them there are
	encoding int64
	body     []byte // values
	dict     []byte // of RLE_DICTIONARY
	words    int    // in dict
}

// pages calls fn with every data page of c in order. For an optional column it fills
// levels, which has a place for every row, with 1 or 0.
func (d *Decoder) pages(c Column, levels []uint8, fn func(p page) error) (values int, err error) {
	rest, rows := c.Data, 0
	dict, words := []byte(nil), -1
	for rows < c.Rows {
		h, after, err := readHeader(rest)
		if err != nil {
			return 0, err
		}
		packed := after[:h.packed]
		rest = after[h.packed:]
		switch {
		case h.kind == dictionaryPage && words < 0 && (h.encoding == plain || h.encoding == plainDictionary):
			if dict, err = d.decompress(c.Codec, &d.dict, packed, int(h.size)); err != nil {
				return 0, err
			}
			words = int(h.values)
			continue
		case h.kind != dataPage:
			return 0, fmt.Errorf("page of type %d: %w", h.kind, ErrUnsupported)
		case h.values > int64(c.Rows-rows):
			return 0, fmt.Errorf("a page has %d rows of %d that are left", h.values, c.Rows-rows)
		}
		p := page{rows: int(h.values), values: int(h.values), encoding: h.encoding, dict: dict, words: words}
		if p.body, err = d.decompress(c.Codec, &d.page, packed, int(h.size)); err != nil {
			return 0, err
		}
		if c.Optional {
			if p.body, err = readLevels(p.body, h.levels, levels[rows:rows+p.rows]); err != nil {
				return 0, err
			}
			p.values = 0
			for _, l := range levels[rows : rows+p.rows] {
				p.values += int(l)
			}
		}
		if p.values > 0 {
			if err := fn(p); err != nil {
				return 0, err
			}
		}
		rows += p.rows
		values += p.values
	}
	if rows != c.Rows {
		return 0, fmt.Errorf("has %d of %d rows", rows, c.Rows)
	}
	return values, nil
}

// decompress decompresses a page of known size into memory, or returns packed itself.
func (d *Decoder) decompress(codec Codec, memory *[]byte, packed []byte, size int) (page []byte, err error) {
	// No more memory than the bytes that are there can fill: a copy of Snappy takes three
	// bytes for 64, a block of Zstandard four for 128 KB.
	if codec == Snappy && size>>5 > len(packed) || codec == Zstd && size>>15 > len(packed) {
		return nil, fmt.Errorf("page of %d bytes in %d", size, len(packed))
	}
	if codec != None && cap(*memory) < size {
		*memory = make([]byte, size+size/8)
	}
	buf := *memory
	switch codec {
	case None:
		page = packed
	case Snappy:
		if n, err := s2.DecodedLen(packed); err != nil || n != size {
			return nil, fmt.Errorf("page of %d bytes decompresses to %d: %w", size, n, err)
		}
		page, err = s2.Decode(buf[:size], packed)
	case Zstd:
		if d.zstd == nil {
			d.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30), zstd.WithDecodeAllCapLimit(true))
			if err != nil {
				return nil, err
			}
		}
		page, err = d.zstd.DecodeAll(packed, buf[:0:size])
	default:
		return nil, fmt.Errorf("codec %d: %w", codec, ErrUnsupported)
	}
	if err == nil && len(page) != size {
		err = fmt.Errorf("page of %d bytes decompresses to %d", size, len(page))
	}
	return page, err
}
