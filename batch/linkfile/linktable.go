package linkfile

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"
)

// LinkTable is a Parquet file of somebody else's with one link a row, for an import.
// It is not safe for concurrent use: whoever reads row groups at the same time opens
// the file once for each.
//
// Nothing vouches for such a file as a manifest does for ours. What the Parquet
// library notices or panics over becomes a [*TableError]; over some damage it loops
// for ever, so that a caller should be ready to give up.
type LinkTable struct {
	path    string
	f       *os.File
	in      *file.Reader
	columns [3]int // source, target and rel in the file's schema; −1: there is none
}

// TableError says why a file of somebody else's cannot be read.
type TableError struct {
	File   string
	Reason string
	Fix    string
}

func (e *TableError) Error() string { return fmt.Sprintf("%s: %s: %s", e.File, e.Reason, e.Fix) }

const (
	fixTable   = "is it whole, and does another program read it? If so, write it again with Snappy, Zstandard or gzip and plain, dictionary or delta encodings"
	fixColumns = "name the columns source, target and, if links have one, rel; each holds one string a row"

	tableBatch = 1 << 12 // rows read at a time
)

var tablePage = 1 << 29 // bytes of a page, unpacked, that are taken; less in a test

// OpenLinkTable opens a file. names are what its columns source, target and rel may
// be called, in any case; there need be none for rel.
func OpenLinkTable(path string, names [3][]string) (t *LinkTable, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t = &LinkTable{path: path, f: f}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	defer t.recover(&err)
	if t.in, err = file.NewParquetReader(f, file.WithReadProps(parquet.NewReaderProperties(boundedAllocator{memory.NewGoAllocator()}))); err != nil {
		return nil, t.bad(fixTable, "no Parquet file (%v)", err)
	}
	s := t.in.MetaData().Schema
	for k := range t.columns {
		t.columns[k] = -1
		for i := range s.NumColumns() {
			c := s.Column(i)
			if t.columns[k] >= 0 || !slices.Contains(names[k], strings.ToLower(c.Path())) {
				continue
			}
			if c.PhysicalType() != parquet.Types.ByteArray || c.MaxRepetitionLevel() > 0 || c.MaxDefinitionLevel() > 1 {
				return nil, t.bad(fixColumns, "column %s is no column of strings", c.Path())
			}
			t.columns[k] = i
		}
		if t.columns[k] < 0 && k < 2 {
			return nil, t.bad(fixColumns, "no column %s", names[k][0])
		}
	}
	return t, nil
}

// Close closes the file.
func (t *LinkTable) Close() error { return t.f.Close() }

// Groups returns the number of row groups.
func (t *LinkTable) Groups() int { return t.in.NumRowGroups() }

// Rows returns the number of rows of a row group, as the file has it.
func (t *LinkTable) Rows(group int) int64 { return t.in.MetaData().RowGroups[group].NumRows }

// Read calls row with every row of a row group, in order, until it returns an error,
// which Read returns. A null is nil. The values must not be kept.
func (t *LinkTable) Read(group int, row func(source, target, rel []byte) error) error {
	columns, rows, err := t.group(group)
	if err != nil {
		return err
	}
	for left := rows; left > 0; {
		n := min(left, tableBatch)
		for _, c := range columns {
			if err := c.decode(int(n)); err != nil {
				return t.bad(fixTable, "%d rows before the end of row group %d: %v", left, group, err)
			}
		}
		for range n {
			if err := row(columns[0].next(), columns[1].next(), columns[2].next()); err != nil {
				return err
			}
		}
		left -= n
	}
	return nil
}

// group opens the columns of a row group. The decoder panics at some of what is no Parquet.
func (t *LinkTable) group(number int) (columns [3]*tableColumn, rows int64, err error) {
	defer t.recover(&err)
	in := t.in.RowGroup(number)
	for k, i := range t.columns {
		if i < 0 {
			continue
		}
		c, err := in.Column(i)
		if err != nil {
			return columns, 0, t.bad(fixTable, "column %s: %v", t.in.MetaData().Schema.Column(i).Path(), err)
		}
		r, ok := c.(*file.ByteArrayColumnChunkReader)
		if !ok {
			return columns, 0, t.bad(fixColumns, "column %s is no column of strings", c.Descriptor().Path())
		}
		columns[k] = &tableColumn{in: r, values: make([]parquet.ByteArray, tableBatch), levels: make([]int16, tableBatch)}
	}
	return columns, in.NumRows(), nil
}

func (t *LinkTable) bad(fix, format string, args ...any) error {
	return &TableError{t.path, fmt.Sprintf(format, args...), fix}
}

func (t *LinkTable) recover(err *error) {
	if p := recover(); p != nil {
		*err = t.bad(fixTable, "cannot be decoded (%v)", p)
	}
}

// tableColumn is a column being read; nil stands for one that is not there.
type tableColumn struct {
	in     *file.ByteArrayColumnChunkReader
	values []parquet.ByteArray
	levels []int16
	row, v int // of the batch, the next row and the next value
	opt    bool
}

// decode is read without its panics.
func (c *tableColumn) decode(rows int) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("cannot be decoded (%v)", p)
		}
	}()
	return c.read(rows)
}

func (c *tableColumn) read(rows int) error {
	if c == nil {
		return nil
	}
	c.row, c.v, c.opt = 0, 0, c.in.Descriptor().MaxDefinitionLevel() == 1
	var levels []int16
	if c.opt {
		levels = c.levels[:rows]
	}
	n, there, err := c.in.ReadBatch(int64(rows), c.values[:rows], levels, nil)
	if err == nil {
		err = c.in.Err() // an unknown encoding shows here alone
	}
	switch {
	case err != nil:
		return err
	case n != int64(rows):
		return fmt.Errorf("column %s ends early", c.in.Descriptor().Path())
	case there != rows && (!c.opt || there != ones(levels)):
		return errors.New("values and levels that contradict each other")
	}
	return nil
}

// ones counts the rows that have a value.
func ones(levels []int16) (n int) {
	for _, l := range levels {
		n += int(l)
	}
	return n
}

func (c *tableColumn) next() []byte {
	if c == nil {
		return nil
	}
	c.row++
	if c.opt && c.levels[c.row-1] == 0 {
		return nil
	}
	c.v++
	return c.values[c.v-1]
}

// boundedAllocator keeps a file from asking for any amount of memory.
type boundedAllocator struct{ memory.Allocator }

func (a boundedAllocator) Allocate(size int) []byte {
	return a.Allocator.Allocate(bounded(size))
}

func (a boundedAllocator) Reallocate(size int, b []byte) []byte {
	return a.Allocator.Reallocate(bounded(size), b)
}

func bounded(size int) int {
	if size > tablePage {
		panic(fmt.Sprintf("a page of %d bytes", size))
	}
	return size
}
