package linkfile

import (
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"
	"github.com/apache/arrow/go/v15/parquet/schema"
)

// column is one column of a table: its type and how it is encoded.
type column struct {
	name     string
	physical parquet.Type
	logical  schema.LogicalType // nil: none
	length   int                // of FixedLenByteArray
	optional bool
	encoding parquet.Encoding
	dict     bool // try a dictionary first; encoding is then not used
	codec    compress.Compression
}

// table is the columns of a kind of file, in order, and how many rows at most
// stand in one row group, of which each processor holds one when writing or reading.
type table struct {
	name    string
	rows    int
	columns []column
}

var (
	required, optional = false, true

	text    = schema.StringLogicalType{}
	uint32s = schema.NewIntLogicalType(32, false)
	uint64s = schema.NewIntLogicalType(64, false)
	millis  = schema.NewTimestampLogicalType(true, schema.TimeUnitMillis)

	plain     = parquet.Encodings.Plain
	deltaInts = parquet.Encodings.DeltaBinaryPacked
	deltaText = parquet.Encodings.DeltaByteArray

	none   = compress.Codecs.Uncompressed
	snappy = compress.Codecs.Snappy
	zstd   = compress.Codecs.Zstd
)

// The kinds of columns there are. None that is optional has a delta encoding: the
// encoder panics over a page that begins with nothing but nulls.

func idColumn(name string) column {
	return column{name: name, physical: parquet.Types.Int32, logical: uint32s, encoding: deltaInts, codec: zstd}
}

func optionalIDColumn(name string) column {
	return column{name: name, physical: parquet.Types.Int32, logical: uint32s, optional: true, encoding: plain, codec: snappy}
}

func keyColumn() column {
	return column{name: "key", physical: parquet.Types.FixedLenByteArray, length: 16, encoding: plain, codec: none}
}

func intColumn(name string) column {
	return column{name: name, physical: parquet.Types.Int64, encoding: deltaInts, codec: zstd}
}

func optionalIntColumn(name string) column {
	return column{name: name, physical: parquet.Types.Int64, optional: true, encoding: plain, codec: zstd}
}

func tieColumn(name string, opt bool) column {
	return column{name: name, physical: parquet.Types.Int64, logical: uint64s, optional: opt, encoding: plain, codec: zstd}
}

func boolColumn(name string) column {
	return column{name: name, physical: parquet.Types.Boolean, encoding: plain, codec: zstd}
}

func doubleColumn(name string) column {
	return column{name: name, physical: parquet.Types.Double, encoding: plain, codec: none}
}

// textColumn holds strings of which there may be many. They get no dictionary even
// if most are equal: Zstandard does as well, and a column that outgrows its
// dictionary has its encodings listed in random order, which would make the same
// graph another file.
func textColumn(name string, opt bool) column {
	return column{name: name, physical: parquet.Types.ByteArray, logical: text, optional: opt, encoding: plain, codec: zstd}
}

// wordColumn holds strings out of a handful.
func wordColumn(name string, opt bool) column {
	return column{name: name, physical: parquet.Types.ByteArray, logical: text, optional: opt, encoding: plain, dict: true, codec: zstd}
}

// blobColumn holds bytes that need not be text.
func blobColumn(name string) column {
	return column{name: name, physical: parquet.Types.ByteArray, optional: true, encoding: plain, codec: zstd}
}

func sortedTextColumn(name string) column {
	c := textColumn(name, required)
	c.encoding = deltaText
	return c
}

var (
	pagesTable = table{"pages", 1 << 17, []column{
		idColumn("id"), keyColumn(), sortedTextColumn("url"), boolColumn("crawled"),
		wordColumn("kind", required), optionalIDColumn("target"),
		optionalIntColumn("time_ns"), textColumn("event_id", optional), tieColumn("tie", optional),
		optionalIntColumn("added_time_ns"), textColumn("added_id", optional), tieColumn("added_tie", optional),
	}}
	linksTable = table{"links", 1 << 20, []column{
		idColumn("source"), idColumn("target"), wordColumn("rel", required),
	}}
	editsTable = table{"edits", 1 << 17, []column{
		idColumn("source"), idColumn("target"), wordColumn("rel", required), boolColumn("removed"),
		intColumn("time_ns"), textColumn("event_id", required), tieColumn("tie", required),
	}}
	ranksTable = table{"ranks", 1 << 18, []column{
		keyColumn(), doubleColumn("x"), doubleColumn("residual"),
	}}
	logTable = table{"log", 1 << 14, []column{
		{name: "partition", physical: parquet.Types.Int32, dict: true, encoding: plain, codec: zstd},
		intColumn("offset"),
		{name: "timestamp", physical: parquet.Types.Int64, logical: millis, encoding: deltaInts, codec: zstd},
		blobColumn("key"), blobColumn("value"), textColumn("error", optional),
		textColumn("id", optional), textColumn("source", optional), wordColumn("type", optional), textColumn("url", optional),
		optionalIntColumn("time_ns"),
	}}
)

// pageBytes is what a page holds at most: in all but odd cases a column of a row group.
// Some bound there must be, but further pages of DELTA_BYTE_ARRAY are not as they should
// be, see chunk.FrontCoded.
const pageBytes = 1 << 28

// node returns the Parquet schema of t.
func (t table) node() *schema.GroupNode {
	var fields schema.FieldList
	for _, c := range t.columns {
		repetition := parquet.Repetitions.Required
		if c.optional {
			repetition = parquet.Repetitions.Optional
		}
		// Must: the tables are constants, checked by every test.
		fields = append(fields, schema.Must(schema.NewPrimitiveNodeLogical(c.name, repetition, c.logical, c.physical, c.length, -1)))
	}
	return schema.MustGroup(schema.NewGroupNode("freshrank_"+t.name, parquet.Repetitions.Required, fields, -1))
}

// properties returns the encodings of t.
func (t table) properties() *parquet.WriterProperties {
	opts := []parquet.WriterProperty{parquet.WithCreatedBy("freshrank"), parquet.WithDataPageSize(pageBytes)}
	for _, c := range t.columns {
		opts = append(opts, parquet.WithDictionaryFor(c.name, c.dict),
			parquet.WithEncodingFor(c.name, c.encoding), parquet.WithCompressionFor(c.name, c.codec))
	}
	return parquet.NewWriterProperties(opts...)
}

// file is the name of t's only file in a generation.
func (t table) file() string { return t.name + "-00000.parquet" }
