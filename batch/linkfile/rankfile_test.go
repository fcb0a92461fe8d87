package linkfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/parquet"
	"github.com/apache/arrow/go/v15/parquet/file"
)

// readColumn returns a whole column of a Parquet file.
func readColumn[T any](t *testing.T, path string, index int) (name string, all []T) {
	t.Helper()
	r, err := file.OpenParquetFile(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i := range r.NumRowGroups() {
		c, err := r.RowGroup(i).Column(index)
		if err != nil {
			t.Fatal(err)
		}
		reader, ok := c.(interface {
			ReadBatch(batchSize int64, values []T, defLvls, repLvls []int16) (total int64, valuesRead int, err error)
		})
		if !ok {
			t.Fatalf("column %d holds no %T", index, all)
		}
		for rows := r.RowGroup(i).NumRows(); rows > 0; {
			values := make([]T, rows)
			_, n, err := reader.ReadBatch(rows, values, nil, nil)
			if err != nil || n == 0 {
				t.Fatalf("%d values, %v", n, err)
			}
			all, rows = append(all, values[:n]...), rows-int64(n)
		}
	}
	return r.MetaData().Schema.Column(index).Name(), all
}

func TestWriteRankFile(t *testing.T) {
	rows := RankRows{
		Rows:   ranksTable.rows + 10, // two row groups
		Number: func(row int) uint32 { return uint32(row)*7 + 1<<31 },
		Values: func(row int) (rank, x, residual float64) { return float64(row) / 4, float64(row), -float64(row) },
	}
	path := filepath.Join(t.TempDir(), "r.parquet")
	for range 2 { // the second replaces the first
		if err := WriteRankFile(t.Context(), path, rows); err != nil {
			t.Fatal(err)
		}
	}
	name, pages := readColumn[int32](t, path, 0)
	if name != "page" || len(pages) != rows.Rows || uint32(pages[rows.Rows-1]) != rows.Number(rows.Rows-1) {
		t.Errorf("column %s has %d rows", name, len(pages))
	}
	for i, want := range []string{"rank", "x", "residual"} {
		name, values := readColumn[float64](t, path, i+1)
		rank, x, residual := rows.Values(rows.Rows - 1)
		if name != want || len(values) != rows.Rows || values[rows.Rows-1] != []float64{rank, x, residual}[i] {
			t.Errorf("column %d is %s with %d rows", i+1, name, len(values))
		}
	}

	rows.Rows, rows.URL = 3, func(row int) string { return fmt.Sprintf("http://h.example/%d", 9-row) }
	if err := WriteRankFile(t.Context(), path, rows); err != nil {
		t.Fatal(err)
	}
	name, urls := readColumn[parquet.ByteArray](t, path, 0)
	if name != "url" || !slices.EqualFunc(urls, []string{"http://h.example/9", "http://h.example/8", "http://h.example/7"},
		func(a parquet.ByteArray, b string) bool { return string(a) == b }) {
		t.Errorf("column %s holds %s", name, urls)
	}
	if err := WriteRankFile(t.Context(), filepath.Join(t.TempDir(), "none", "r.parquet"), rows); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
