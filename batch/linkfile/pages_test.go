package linkfile

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"freshrank/batch/linkfile/store"
	"freshrank/pagerank/link"
)

// TestTargetsAreOfAliases: a graph in which an alias has no target, or another page has
// one, is refused by whoever reads it, though its checksums are right.
func TestTargetsAreOfAliases(t *testing.T) {
	for _, c := range []struct {
		kind   link.Kind
		target bool
		want   string
	}{
		{link.Alias, false, `has kind "alias", with a target: false`},
		{link.Gone, true, `has kind "gone", with a target: true`},
	} {
		d := open(t, t.TempDir())
		m := GraphManifest{Generation: 1, URLPolicy: link.PolicyVersion}
		url := []byte("http://a.test/")
		err := d.writeFolder(t.Context(), generation(graphFolder, 1), func(folder store.Folder) (any, error) {
			pages, err := writeIn(t.Context(), folder, pagesTable, 1, func(_ span, out *group) {
				columns := &pageColumns{}
				columns.add(0, link.KeyOf(string(url)), url, &link.State{Kind: c.kind, Version: link.Version{Time: 1}})
				columns.targets = maybe[int32]{}
				columns.targets.add(0, c.target)
				columns.put(out)
			})
			m.add(pages)
			for _, table := range []table{linksTable, editsTable} {
				f, err2 := writeIn(t.Context(), folder, table, 0, nil)
				err = errors.Join(err, err2)
				m.add(f)
			}
			return m, err
		})
		if err != nil {
			t.Fatal(err)
		}
		some := feed([]*link.Event{{ID: "e", Time: time.Unix(5, 0), Type: link.PageGone, URL: "http://b.test/"}})
		_, _, read := d.ReadGraph(t.Context(), 1)
		for what, err := range map[string]error{"read": read, "fold": d.Fold(t.Context(), 1, 2, nil, time.Unix(6, 0), some, quiet)} {
			corrupt := (*CorruptError)(nil)
			if !errors.As(err, &corrupt) || filepath.Base(corrupt.File) != pagesTable.file() || !strings.Contains(corrupt.Reason, c.want) {
				t.Errorf("%s: %v, want %q", what, err, c.want)
			}
		}
	}
}
