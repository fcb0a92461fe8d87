package chunk_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"runtime/metrics"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/apache/arrow/go/v15/parquet/schema"
	"pgregory.net/rapid"

	"freshrank/batch/linkfile/chunk"
)

// how says how the library is to write a column.
type how struct {
	physical parquet.Type
	length   int
	encoding parquet.Encoding
	dict     bool
	codec    compress.Compression
	page     int64
}

// written returns the values as a chunk that the library has written; levels is nil for
// a required column.
func written[T any](t fataler, h how, values []T, levels []int16) chunk.Column {
	repetition := parquet.Repetitions.Required
	if levels != nil {
		repetition = parquet.Repetitions.Optional
	}
	node := schema.MustPrimitive(schema.NewPrimitiveNode("c", repetition, h.physical, -1, int32(h.length)))
	group := schema.MustGroup(schema.NewGroupNode("t", parquet.Repetitions.Required, schema.FieldList{node}, -1))
	props := parquet.NewWriterProperties(parquet.WithDictionaryDefault(h.dict), parquet.WithEncoding(h.encoding),
		parquet.WithCompression(h.codec), parquet.WithDataPageSize(h.page), parquet.WithBatchSize(64))
	var buf bytes.Buffer
	w := file.NewParquetWriter(&buf, group, file.WithWriterProps(props))
	g := w.AppendRowGroup()
	c, err := g.NextColumn()
	if err != nil {
		t.Fatal(err)
	}
	if len(values) == 0 {
		values = nil
	}
	if _, err := c.(interface {
		WriteBatch([]T, []int16, []int16) (int64, error)
	}).WriteBatch(values, levels, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := file.NewParquetReader(bytes.NewReader(buf.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	m, err := r.MetaData().RowGroup(0).ColumnChunk(0)
	if err != nil {
		t.Fatal(err)
	}
	at := m.DataPageOffset()
	if m.HasDictionaryPage() {
		at = min(at, m.DictionaryPageOffset())
	}
	codec := map[compress.Compression]chunk.Codec{
		compress.Codecs.Uncompressed: chunk.None, compress.Codecs.Snappy: chunk.Snappy, compress.Codecs.Zstd: chunk.Zstd,
	}[h.codec]
	rows := max(len(values), len(levels))
	return chunk.Column{Data: buf.Bytes()[at : at+m.TotalCompressedSize()], Codec: codec, Optional: levels != nil, Rows: rows}
}

type fataler interface{ Fatal(...any) }

func draw(t *rapid.T, physical parquet.Type, encodings ...parquet.Encoding) how {
	h := how{
		physical: physical, length: -1,
		encoding: rapid.SampledFrom(encodings).Draw(t, "encoding"),
		codec:    rapid.SampledFrom([]compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Zstd}).Draw(t, "codec"),
		page:     rapid.SampledFrom([]int64{64, 1000, 1 << 20}).Draw(t, "page size"),
	}
	if h.encoding == parquet.Encodings.RLEDict {
		h.encoding, h.dict = parquet.Encodings.Plain, true
	}
	return h
}

var (
	plain    = parquet.Encodings.Plain
	dict     = parquet.Encodings.RLEDict
	delta    = parquet.Encodings.DeltaBinaryPacked
	deltaStr = parquet.Encodings.DeltaByteArray
)

// presence draws levels for n rows, in runs; nil for a required column.
func presence(t *rapid.T, n int) (levels []int16, there int) {
	if rapid.Bool().Draw(t, "required") {
		return nil, n
	}
	levels = make([]int16, 0, n)
	for len(levels) < n {
		l := int16(rapid.IntRange(0, 1).Draw(t, "level"))
		for range min(rapid.IntRange(1, 40).Draw(t, "run"), n-len(levels)) {
			levels = append(levels, l)
			there += int(l)
		}
	}
	return levels, there
}

func sameLevels(t *rapid.T, got []uint8, want []int16) {
	for i, l := range want {
		if int16(got[i]) != l {
			t.Fatalf("level of row %d is %d, want %d", i, got[i], l)
		}
	}
}

func TestInts(t *testing.T) {
	var d chunk.Decoder
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 700).Draw(t, "rows")
		levels, there := presence(t, n)
		encodings := []parquet.Encoding{plain, delta}
		if levels != nil { // the library's delta encoder panics over pages of nulls
			encodings = encodings[:1]
		}
		bits := rapid.IntRange(1, 64).Draw(t, "bits")
		wide := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) int64 {
			return int64(rapid.Uint64().Draw(t, "v")) >> (64 - bits)
		}), there, there).Draw(t, "values")
		c := written(t, draw(t, parquet.Types.Int64, encodings...), wide, levels)
		got, gotLevels := make([]int64, n), make([]uint8, n)
		k, err := chunk.Ints(&d, c, got, gotLevels)
		if err != nil || !slices.Equal(got[:k], wide) {
			t.Fatalf("%v, %v; want %v", got[:k], err, wide)
		}
		sameLevels(t, gotLevels, levels)

		narrow := make([]int32, there)
		for i, v := range wide {
			narrow[i] = int32(v)
		}
		c = written(t, draw(t, parquet.Types.Int32, encodings...), narrow, levels)
		got32 := make([]uint32, n)
		k, err = chunk.Ints(&d, c, got32, gotLevels)
		if err != nil || k != there {
			t.Fatalf("%d values, %v", k, err)
		}
		for i, v := range narrow {
			if got32[i] != uint32(v) {
				t.Fatalf("value %d is %d, want %d", i, int32(got32[i]), v)
			}
		}
	})
}

func TestSmallDictionaries(t *testing.T) {
	var d chunk.Decoder
	words := []string{"", "nofollow", "a", "ugc sponsored", "b", "c", "d", "e", "f"}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 700).Draw(t, "rows")
		levels, there := presence(t, n)
		of := rapid.IntRange(1, len(words)).Draw(t, "words")
		want, texts, numbers := make([]uint8, there), make([]parquet.ByteArray, there), make([]int32, there)
		for i := range want {
			want[i] = uint8(rapid.IntRange(0, of-1).Draw(t, "word"))
			texts[i], numbers[i] = parquet.ByteArray(words[want[i]]), int32(want[i])<<20
		}
		c := written(t, draw(t, parquet.Types.ByteArray, plain, dict), texts, levels)
		got, gotLevels := make([]uint8, n), make([]uint8, n)
		k, err := chunk.Words(&d, c, words, got, gotLevels)
		if err != nil || !slices.Equal(got[:k], want) {
			t.Fatalf("%v, %v; want %v", got[:k], err, want)
		}
		sameLevels(t, gotLevels, levels)
		var text chunk.Texts
		if err := chunk.Strings(&d, c, &text, gotLevels); err != nil || text.Len() != there {
			t.Fatalf("%d strings, %v", text.Len(), err)
		}
		for i := range texts {
			if string(text.At(i)) != string(texts[i]) {
				t.Fatalf("string %d is %q, want %q", i, text.At(i), texts[i])
			}
		}
		c = written(t, draw(t, parquet.Types.Int32, dict), numbers, levels)
		ints := make([]int32, n)
		if k, err := chunk.Ints(&d, c, ints, gotLevels); err != nil || !slices.Equal(ints[:k], numbers) {
			t.Fatalf("%v, %v; want %v", ints[:k], err, numbers)
		}
	})
}

func TestFrontCoded(t *testing.T) {
	var d chunk.Decoder
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.StringMatching(`(ab?){0,9}`), 1, 400).Draw(t, "texts")
		slices.Sort(want)
		texts := make([]parquet.ByteArray, len(want))
		for i, s := range want {
			texts[i] = parquet.ByteArray(s)
		}
		c := written(t, draw(t, parquet.Types.ByteArray, deltaStr), texts, nil)
		var got []string
		var text []byte
		err := chunk.FrontCoded(&d, c, func(shared int, rest []byte) error {
			text = append(text[:shared], rest...)
			got = append(got, string(text))
			return nil
		})
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	})
}

func TestFixed(t *testing.T) {
	var d chunk.Decoder
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "rows")
		keys, flags, numbers := make([][16]byte, n), make([]bool, n), make([]float64, n)
		raw := make([]parquet.FixedLenByteArray, n)
		for i := range n {
			v := rapid.Uint64().Draw(t, "v")
			binary.LittleEndian.PutUint64(keys[i][3:], v)
			raw[i], flags[i], numbers[i] = keys[i][:], v%3 == 0, math.Sqrt(float64(v))
		}
		h := draw(t, parquet.Types.FixedLenByteArray, plain)
		h.length = 16
		gotKeys := make([][16]byte, n)
		if err := chunk.Keys(&d, written(t, h, raw, nil), gotKeys); err != nil || !slices.Equal(gotKeys, keys) {
			t.Fatalf("keys %v, %v", gotKeys, err)
		}
		gotFlags := make([]bool, n)
		if err := chunk.Bools(&d, written(t, draw(t, parquet.Types.Boolean, plain), flags, nil), gotFlags); err != nil || !slices.Equal(gotFlags, flags) {
			t.Fatalf("flags %v, %v", gotFlags, err)
		}
		gotNumbers := make([]float64, n)
		if err := chunk.Floats(&d, written(t, draw(t, parquet.Types.Double, plain), numbers, nil), gotNumbers); err != nil || !slices.Equal(gotNumbers, numbers) {
			t.Fatalf("numbers %v, %v", gotNumbers, err)
		}
	})
}

// Whatever the bytes are, decoding ends, without a panic, and with no more memory than
// what is packed so well can fill.
func FuzzChunk(f *testing.F) {
	ints, texts := make([]int32, 300), make([]parquet.ByteArray, 300)
	for i := range ints {
		ints[i], texts[i] = int32(i*i), parquet.ByteArray(fmt.Sprintf("http://a.test/%05d", i))
	}
	for _, codec := range []compress.Compression{compress.Codecs.Uncompressed, compress.Codecs.Snappy, compress.Codecs.Zstd} {
		for _, c := range []chunk.Column{
			written(f, how{parquet.Types.Int32, -1, delta, false, codec, 500}, ints, nil),
			written(f, how{parquet.Types.Int32, -1, plain, true, codec, 500}, ints, nil),
			written(f, how{parquet.Types.ByteArray, -1, deltaStr, false, codec, 500}, texts, nil),
			written(f, how{parquet.Types.ByteArray, -1, plain, true, codec, 500}, texts, nil),
		} {
			f.Add(uint8(c.Codec), c.Data, 300)
		}
	}
	f.Fuzz(func(t *testing.T, codec uint8, data []byte, rows int) {
		rows = max(0, min(rows, 1000))
		var d chunk.Decoder
		defer d.Close()
		levels := make([]uint8, rows)
		before := allocated()
		defer func() {
			if n := allocated() - before; n > 64<<20+uint64(len(data))<<19 {
				t.Errorf("%d bytes of memory for %d", n, len(data))
			}
		}()
		for _, optional := range []bool{false, true} {
			c := chunk.Column{Data: data, Codec: chunk.Codec(codec), Optional: optional, Rows: rows}
			_, _ = chunk.Ints(&d, c, make([]int32, rows), levels)
			_, _ = chunk.Ints(&d, c, make([]uint64, rows), levels)
			_, _ = chunk.Words(&d, c, []string{"", "a"}, make([]uint8, rows), levels)
			var text chunk.Texts
			_ = chunk.Strings(&d, c, &text, levels)
		}
		c := chunk.Column{Data: data, Codec: chunk.Codec(codec), Rows: rows}
		_ = chunk.Keys(&d, c, make([][16]byte, rows))
		_ = chunk.Bools(&d, c, make([]bool, rows))
		_ = chunk.Floats(&d, c, make([]float64, rows))
		length := 0
		_ = chunk.FrontCoded(&d, c, func(shared int, rest []byte) error {
			if shared > length {
				t.Fatalf("shares %d of %d bytes", shared, length)
			}
			length = shared + len(rest)
			return nil
		})
	})
}

// allocated returns the bytes that were ever allocated.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
