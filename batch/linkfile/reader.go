package linkfile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/apache/arrow/go/v15/parquet/metadata"

	"freshrank/batch/linkfile/chunk"
	"freshrank/batch/linkfile/store"
)

// reader reads one file of a table. Nothing is decoded before its checksum was compared
// with the manifest's.
type reader struct {
	in     store.Object
	path   string
	t      table
	want   File
	fix    string
	groups []place
}

// place is where a row group is.
type place struct {
	first, rows int // number of its first row, and how many it has
	part        Part
	from        int64 // of part, in the file
	columns     []chunkPlace
}

type chunkPlace struct {
	from, size int64 // in the file
	codec      chunk.Codec
}

// openFile opens a file of the length that the manifest says.
func (d *Dir) openFile(ctx context.Context, folder string, want File, fix string) (r *reader, err error) {
	r = &reader{path: d.store.Path(path.Join(folder, want.Name)), want: want, fix: fix}
	if want.SHA256 == "" {
		return nil, r.corrupt("the manifest does not name it")
	}
	r.in, err = d.store.Open(ctx, path.Join(folder, want.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, r.corrupt("missing, although the manifest names it")
	}
	if err != nil {
		return nil, err
	}
	if n := r.in.Size(); n != want.Bytes {
		return nil, errors.Join(r.corrupt("%d bytes, the manifest says %d", n, want.Bytes), r.close())
	}
	return r, nil
}

// openTable opens a file and reads its footer.
func (d *Dir) openTable(ctx context.Context, folder string, want File, t table, fix string) (r *reader, err error) {
	if r, err = d.openFile(ctx, folder, want, fix); err != nil {
		return nil, err
	}
	r.t = t
	in := r.in
	defer func() {
		if err != nil {
			err = errors.Join(err, in.Close())
		}
	}()
	tail, err := r.verifiedFooter()
	if err != nil {
		return nil, err
	}
	defer func() { // the Parquet library panics over some damage
		if p := recover(); p != nil {
			err = r.corrupt("cannot be decoded: %v", p)
		}
	}()
	m, _, err := footer(tail)
	if err != nil {
		return nil, r.corrupt("%v", err)
	}
	if err := r.checkSchema(m); err != nil {
		return nil, err
	}
	return r, r.locate(m)
}

// verifiedFooter returns the end of the file, from the footer on or before it, checked.
// Of a file without parts the whole is.
func (r *reader) verifiedFooter() ([]byte, error) {
	n := len(r.want.Parts)
	if n == 0 {
		sum := sha256.New()
		if _, err := io.Copy(sum, io.NewSectionReader(r.in, 0, r.want.Bytes)); err != nil {
			return nil, err
		}
		if hexSum(sum) != r.want.SHA256 {
			return nil, r.corrupt("its SHA-256 is not the one in the manifest")
		}
		tail, err := r.read(nil, r.want.Bytes-min(r.want.Bytes, 8), Part{Bytes: min(r.want.Bytes, 8)})
		if err != nil || len(tail) < 8 {
			return tail, err
		}
		length := min(r.want.Bytes, 8+int64(tail[0])+int64(tail[1])<<8+int64(tail[2])<<16+int64(tail[3])<<24)
		return r.read(nil, r.want.Bytes-length, Part{Bytes: length})
	}
	from := int64(0)
	for _, p := range r.want.Parts {
		if p.Bytes < 0 || p.SHA256 == "" || p.Bytes > r.want.Bytes-from {
			return nil, r.corrupt("the manifest contradicts itself over its parts")
		}
		from += p.Bytes
	}
	if from != r.want.Bytes {
		return nil, r.corrupt("the manifest contradicts itself over its parts")
	}
	return r.read(nil, from-r.want.Parts[n-1].Bytes, r.want.Parts[n-1])
}

// read reads a part into buf and checks it, unless the manifest has no checksum of it
// because the whole file was checked.
func (r *reader) read(buf []byte, from int64, part Part) ([]byte, error) {
	buf = sized(&buf, int(part.Bytes))
	if _, err := r.in.ReadAt(buf, from); err != nil && !(errors.Is(err, io.EOF) && from+part.Bytes == r.want.Bytes) {
		return nil, err
	}
	if part.SHA256 != "" {
		sum := sha256.Sum256(buf)
		if want, err := hex.DecodeString(part.SHA256); err != nil || !bytes.Equal(want, sum[:]) {
			return nil, r.corrupt("its SHA-256 is not the one in the manifest")
		}
	}
	return buf, nil
}

func (r *reader) checkSchema(m *metadata.FileMetaData) error {
	s := m.Schema
	if n := s.NumColumns(); n != len(r.t.columns) {
		return r.corrupt("%d columns, a file of %s has %d", n, r.t.name, len(r.t.columns))
	}
	for i, c := range r.t.columns {
		got := s.Column(i)
		opt := got.MaxDefinitionLevel() == 1
		if got.Name() != c.name || got.PhysicalType() != c.physical || opt != c.optional || got.MaxRepetitionLevel() != 0 ||
			c.length > 0 && got.TypeLength() != c.length {
			return r.corrupt("column %d is not %s as a file of %s has it", i, c.name, r.t.name)
		}
	}
	if m.NumRows != r.want.Rows {
		return r.corrupt("%d rows, the manifest says %d", m.NumRows, r.want.Rows)
	}
	return nil
}

// locate notes where row groups and their columns are.
func (r *reader) locate(m *metadata.FileMetaData) error {
	if n := len(r.want.Parts); n > 0 && n != len(m.RowGroups)+1 {
		return r.corrupt("%d row groups in %d parts", len(m.RowGroups), n)
	}
	at, rows := int64(0), int64(0)
	for i, g := range m.RowGroups {
		if g.NumRows < 0 || g.NumRows > int64(r.t.rows) {
			return r.corrupt("row group %d has %d rows, at most %d are ever written", i, g.NumRows, r.t.rows)
		}
		p := place{first: int(rows), rows: int(g.NumRows), from: at}
		rows += g.NumRows
		end := at
		for _, c := range g.Columns {
			from := c.MetaData.DataPageOffset
			if dict := c.MetaData.DictionaryPageOffset; dict != nil && *dict > 0 {
				from = min(from, *dict)
			}
			size := c.MetaData.TotalCompressedSize
			if from < at || size < 0 || size > r.want.Bytes-from || len(g.Columns) != len(r.t.columns) {
				return r.corrupt("row group %d is not where it should be", i)
			}
			p.columns = append(p.columns, chunkPlace{from, size, chunk.Codec(c.MetaData.Codec)})
			end = max(end, from+size)
		}
		if p.part = (Part{Bytes: end - at}); len(r.want.Parts) > 0 {
			p.part = r.want.Parts[i]
		}
		if at += p.part.Bytes; end > at {
			return r.corrupt("row group %d is not where it should be", i)
		}
		r.groups = append(r.groups, p)
	}
	if rows != r.want.Rows {
		return r.corrupt("its row groups have %d rows, the manifest says %d", rows, r.want.Rows)
	}
	return nil
}

func (r *reader) close() error { return r.in.Close() }

func (r *reader) corrupt(format string, args ...any) error {
	return &CorruptError{r.path, fmt.Sprintf(format, args...), r.fix}
}
