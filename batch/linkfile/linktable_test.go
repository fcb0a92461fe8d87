package linkfile

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/compress"

	"freshrank/batch/linkfile/store"
)

var linkNames = [3][]string{{"source", "from"}, {"target"}, {"rel"}}

// TestLinkTable: several row groups and batches, nulls, columns in any order and case.
func TestLinkTable(t *testing.T) {
	const rows = 2*tableBatch + 700
	dir := t.TempDir()
	foreign := table{"foreign", tableBatch + 500, []column{
		intColumn("id"), sortedTextColumn("Target"), wordColumn("rel", optional), textColumn("FROM", optional),
	}}
	w, err := store.NewLocal(dir).Create(t.Context(), foreign.file())
	if err != nil {
		t.Fatal(err)
	}
	_, err = writeTable(t.Context(), w, foreign.file(), foreign, foreign.spans(rows), func(s span, out *group) {
		var ids []int64
		var targets []parquet.ByteArray
		var rels, sources maybe[parquet.ByteArray]
		for i := s.from; i < s.to; i++ {
			ids, targets = append(ids, int64(i)), append(targets, []byte(fmt.Sprintf("t%06d", i)))
			rels.add([]byte("ugc"), i%3 == 0)
			sources.add([]byte(fmt.Sprint("s", i)), i%5 != 0)
		}
		put(out, ids, nil)
		put(out, targets, nil)
		rels.put(out)
		sources.put(out)
	})
	if err != nil {
		t.Fatal(err)
	}
	in, err := OpenLinkTable(filepath.Join(dir, foreign.file()), linkNames)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	i := 0
	for group := range in.Groups() {
		began := i
		err := in.Read(group, func(source, target, rel []byte) error {
			if (source == nil) != (i%5 == 0) || source != nil && string(source) != fmt.Sprint("s", i) ||
				string(target) != fmt.Sprintf("t%06d", i) || string(rel) != strings.Repeat("ugc", 1-min(1, i%3)) {
				return fmt.Errorf("row %d: %q, %q, %q", i, source, target, rel)
			}
			i++
			return nil
		})
		if err != nil || in.Rows(group) != int64(i-began) {
			t.Fatalf("group %d has %d rows, %d were read, error %v", group, in.Rows(group), i-began, err)
		}
	}
	if i != rows || in.Groups() != 2 {
		t.Errorf("%d rows in %d groups, want %d in 2", i, in.Groups(), rows)
	}
	stop := errors.New("stop")
	if err := in.Read(0, func(_, _, _ []byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error %v, want that of row", err)
	}
	var bad *TableError
	if _, err := OpenLinkTable(filepath.Join(dir, foreign.file()), [3][]string{{"id"}, {"target"}, {}}); !errors.As(err, &bad) || !strings.Contains(err.Error(), "no column of strings") {
		t.Errorf("a column of numbers: error %v", err)
	}
	if _, err := OpenLinkTable(filepath.Join(dir, foreign.file()), [3][]string{{"url"}, {"target"}, {}}); !errors.As(err, &bad) || !strings.Contains(err.Error(), "no column url") {
		t.Errorf("a column that is not there: error %v", err)
	}
}

// TestPackedTable: a page that is small in the file and large in memory is refused before
// it is unpacked.
func TestPackedTable(t *testing.T) {
	defer func(n int) { tablePage = n }(tablePage)
	tablePage = 4 << 20
	dir := t.TempDir()
	for _, codec := range []compress.Compression{zstd, snappy, compress.Codecs.Gzip} {
		foreign := table{fmt.Sprint("bomb", codec), tableBatch, []column{textColumn("source", required), textColumn("target", required)}}
		foreign.columns[0].codec = codec
		w, err := store.NewLocal(dir).Create(t.Context(), foreign.file())
		if err != nil {
			t.Fatal(err)
		}
		_, err = writeTable(t.Context(), w, foreign.file(), foreign, foreign.spans(16), func(s span, out *group) {
			sources, targets := make([]parquet.ByteArray, 16), make([]parquet.ByteArray, 16)
			for i := range sources {
				sources[i], targets[i] = make([]byte, 4<<20), []byte("t")
			}
			put(out, sources, nil)
			put(out, targets, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		before := allocated()
		in, err := OpenLinkTable(filepath.Join(dir, foreign.file()), linkNames)
		if err != nil {
			t.Fatal(err)
		}
		err = in.Read(0, func(_, _, _ []byte) error { return nil })
		var bad *TableError
		if n := allocated() - before; !errors.As(err, &bad) || !strings.Contains(err.Error(), "a page of 671") || n > 32<<20 {
			t.Errorf("%s: error %v, with %d bytes of memory", codec, err, n)
		}
		in.Close()
	}
}
