package chaos

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"
	"github.com/jackc/pgx/v5"

	"freshrank/pagerank/link"
)

// archived is what the manifest of a partition says, as docs/files.md has it.
type archived struct {
	Partition int
	Files     []struct {
		Name     string
		Bytes    int64
		Rows     int64
		SHA256   string `json:"sha256"`
		From, To int64
	}
}

// checkArchive: the archive has every record below the newest cut once, with the bytes
// that the topic has.
func (w *watch) checkArchive(t *testing.T, v *verdict) {
	t.Helper()
	var cut link.Offsets
	w.query(t, `SELECT g.cut FROM batch_pointer p JOIN batch_generation g USING (generation)`, func(r pgx.Rows) error {
		return r.Scan((*[]int64)(&cut))
	})
	for p := range cut {
		end, err := w.archivedPartition(v, p)
		if err != nil {
			v.fault(&v.lost, "archive of partition %d: %v", p, err)
		}
		if end < cut[p] {
			v.fault(&v.lost, "archive of partition %d ends at %d, and the newest generation covers %d", p, end, cut[p])
		}
	}
}

// archivedPartition reads the files that it has not seen yet.
func (w *watch) archivedPartition(v *verdict, p int) (end int64, err error) {
	dir := filepath.Join(w.data, "log", strconv.Itoa(p))
	b, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var outer struct {
		SHA256   string `json:"sha256"`
		Manifest json.RawMessage
	}
	var m archived
	if err := json.Unmarshal(b, &outer); err != nil {
		return 0, err
	}
	if sum := sha256.Sum256(outer.Manifest); hex.EncodeToString(sum[:]) != outer.SHA256 {
		return 0, fmt.Errorf("the manifest's checksum is another")
	}
	if err := json.Unmarshal(outer.Manifest, &m); err != nil {
		return 0, err
	}
	for _, f := range m.Files {
		if f.From != end || f.To <= f.From {
			v.fault(&v.doubled, "archive of partition %d: %s follows offset %d", p, f.Name, end)
		}
		end = f.To
		name := filepath.Join(dir, f.Name)
		if w.read[name] {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return end, err
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != f.SHA256 || int64(len(b)) != f.Bytes {
			return end, fmt.Errorf("%s is not what the manifest says", f.Name)
		}
		if err := w.archivedFile(v, b, p, f.From, f.To); err != nil {
			return end, fmt.Errorf("%s: %w", f.Name, err)
		}
		w.read[name] = true
	}
	return end, nil
}

// archivedFile compares the rows of a file, which are those of offsets from … to−1,
// with the topic.
func (w *watch) archivedFile(v *verdict, content []byte, p int, from, to int64) error {
	r, err := file.NewParquetReader(bytes.NewReader(content))
	if err != nil {
		return err
	}
	defer r.Close()
	next := from
	for i := range r.NumRowGroups() {
		offsets, values, err := rows(r.RowGroup(i))
		if err != nil {
			return err
		}
		for j, o := range offsets {
			switch {
			case o < next:
				v.fault(&v.doubled, "archive of partition %d: offset %d follows %d", p, o, next-1)
			case o > next || o >= to || o >= int64(len(w.topic.partitions[p])):
				v.fault(&v.lost, "archive of partition %d: offset %d follows %d in [%d, %d)", p, o, next-1, from, to)
			case !bytes.Equal(values[j], w.topic.partitions[p][o].value):
				v.fault(&v.lost, "archive of partition %d: offset %d is %q, in the topic %q", p, o, values[j], w.topic.partitions[p][o].value)
			}
			next = o + 1
		}
	}
	if next != to {
		v.fault(&v.lost, "archive of partition %d: offsets from %d to %d are missing", p, next, to)
	}
	return nil
}

// rows returns the columns offset and value of a row group; every value is there.
func rows(g *file.RowGroupReader) (offsets []int64, values [][]byte, err error) {
	schema, n := g.MetaData().Schema, g.NumRows()
	column := func(name string) (file.ColumnChunkReader, error) {
		at := schema.ColumnIndexByName(name)
		if at < 0 {
			return nil, fmt.Errorf("there is no column %s", name)
		}
		return g.Column(at)
	}
	c, err := column("offset")
	if err != nil {
		return nil, nil, err
	}
	numbers, ok := c.(*file.Int64ColumnChunkReader)
	if !ok {
		return nil, nil, fmt.Errorf("offset is of type %T", c)
	}
	offsets = make([]int64, n)
	if _, read, err := numbers.ReadBatch(n, offsets, nil, nil); err != nil || int64(read) != n {
		return nil, nil, fmt.Errorf("read %d offsets of %d: %w", read, n, err)
	}
	if c, err = column("value"); err != nil {
		return nil, nil, err
	}
	texts, ok := c.(*file.ByteArrayColumnChunkReader)
	if !ok {
		return nil, nil, fmt.Errorf("value is of type %T", c)
	}
	arrays, levels := make([]parquet.ByteArray, n), make([]int16, n)
	if _, read, err := texts.ReadBatch(n, arrays, levels, nil); err != nil || int64(read) != n {
		return nil, nil, fmt.Errorf("read %d values of %d: %w", read, n, err)
	}
	for _, a := range arrays {
		values = append(values, bytes.Clone(a))
	}
	return offsets, values, nil
}
