package linkfile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v15/parquet"

	"freshrank/batch/linkfile/store"
)

// RankRows are the rows of a rank file, one a ranked page. Of Number and URL one is
// set: it is what the file names pages by.
type RankRows struct {
	Rows   int
	Number func(row int) uint32
	URL    func(row int) string
	Values func(row int) (rank, x, residual float64)
}

// rankColumns are those of a rank file: π, and the x and residual it comes from.
var rankColumns = []column{doubleColumn("rank"), doubleColumn("x"), doubleColumn("residual")}

// WriteRankFile writes the ranks of a graph that belongs to no data folder as one
// Parquet file with the columns page (uint32) or url (string), rank, x and residual.
// A file of that name is replaced once the new one is whole and durable.
func WriteRankFile(ctx context.Context, path string, r RankRows) error {
	t := table{name: "rank", rows: ranksTable.rows, columns: append([]column{idColumn("page")}, rankColumns...)}
	if r.URL != nil {
		t.columns = append([]column{textColumn("url", required)}, rankColumns...)
	}
	folder, name := filepath.Split(path)
	if _, err := os.Stat(filepath.Join(folder, ".")); err != nil {
		return fmt.Errorf("write ranks: %w", err)
	}
	w, err := store.NewLocal(filepath.Join(folder, ".")).Create(ctx, name)
	if err != nil {
		return fmt.Errorf("write ranks: %w", err)
	}
	_, err = writeTable(ctx, w, name, t, t.spans(r.Rows), func(s span, out *group) {
		from, to := s.from, s.to
		if r.URL != nil {
			urls := make([]parquet.ByteArray, to-from)
			for i := range urls {
				urls[i] = bytesOf(r.URL(from + i))
			}
			put(out, urls, nil)
		} else {
			numbers := make([]int32, to-from)
			for i := range numbers {
				numbers[i] = int32(r.Number(from + i))
			}
			put(out, numbers, nil)
		}
		ranks, xs, residuals := make([]float64, to-from), make([]float64, to-from), make([]float64, to-from)
		for i := range ranks {
			ranks[i], xs[i], residuals[i] = r.Values(from + i)
		}
		put(out, ranks, nil)
		put(out, xs, nil)
		put(out, residuals, nil)
	})
	if err != nil {
		return fmt.Errorf("write ranks: %w", err)
	}
	return nil
}
