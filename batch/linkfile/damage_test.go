package linkfile

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// sample makes a data folder with some of everything.
func sample(t testing.TB) (*Dir, *linkgraph.Graph) {
	t.Helper()
	d := open(t, t.TempDir())
	event := func(at int64, typ link.Type, url, target string, links ...link.Link) *link.Event {
		return &link.Event{ID: "e", Source: "s", Time: time.Unix(at, 0).UTC(), Type: typ, URL: url, Target: target, Links: links, Tie: 9}
	}
	g := fold([]*link.Event{
		event(1, link.PageCrawled, "http://a.test/", "", link.Link{URL: "http://b.test/"}, link.Link{URL: "http://c.test/", Rel: link.UGC | link.NoFollow}),
		event(2, link.LinkAdded, "http://a.test/", "http://d.test/"),
		event(3, link.PageAlias, "http://b.test/", "http://c.test/"),
		event(4, link.PageGone, "http://d.test/", ""),
		event(5, link.LinkRemoved, "http://c.test/", "http://a.test/"),
	})
	r := &pagerank.Result{X: make([]float64, g.Pages()), Residual: make([]float64, g.Pages())}
	for p := range r.X {
		r.X[p] = float64(p) + 0.5
	}
	if err := errors.Join(
		d.WriteGraph(t.Context(), 1, g, link.Offsets{3}, time.Unix(6, 0)),
		d.WriteRanks(t.Context(), 1, g, nil, r, Parameters{URLPolicy: link.PolicyVersion}, link.Offsets{3}),
		d.AppendLog(t.Context(), 0, 0, 3, []link.Archived{refused(1, []byte("{}")), {Record: link.Record{Offset: 2}, ID: "e", Time: time.Unix(5, 0)}}),
		d.AppendLog(t.Context(), 0, 3, 5, []link.Archived{refused(4, []byte("{}"))}),
	); err != nil {
		t.Fatal(err)
	}
	return d, g
}

// readAll reads all that sample wrote.
func readAll(t testing.TB, root string, g *linkgraph.Graph) error {
	d, err := Open(root)
	if err != nil {
		return err
	}
	_, _, err1 := d.ReadGraph(t.Context(), 1)
	_, _, _, err2 := d.ReadRanks(t.Context(), 1, g)
	err3 := d.ReadLog(t.Context(), 0, 0, 5, func(link.Archived) error { return nil })
	return firstOf(err1, err2, err3)
}

func files(t testing.TB, root string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("files: %v, %v", all, err)
	}
	return all
}

// wellRefused reports whether err is what a user should get about file.
func wellRefused(err error, file string) bool {
	var corrupt *CorruptError
	var version *VersionError
	switch {
	case errors.As(err, &corrupt):
		return corrupt.Reason != "" && corrupt.Fix != "" && strings.HasPrefix(file, corrupt.File)
	case errors.As(err, &version):
		return strings.HasPrefix(file, version.File) && version.Found > version.Known
	}
	return false
}

// harmless reports whether a change of the marker or of a manifest's outer object
// may go unseen: white space, or a letter's case.
func harmless(file string) bool { return strings.HasSuffix(file, ".json") }

func TestDamagedFilesAreRefused(t *testing.T) {
	d, g := sample(t)
	if err := readAll(t, d.store.Path(""), g); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, file := range files(t, d.store.Path("")) {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		damage := map[string][]byte{
			"empty": {}, "foreign": []byte("hello\n"), "cut by one": whole[:len(whole)-1], "one byte more": append(whole[:len(whole):len(whole)], 0),
			"cut": whole[:random.IntN(len(whole))],
		}
		for range 60 {
			flipped := append([]byte(nil), whole...)
			i := random.IntN(len(flipped))
			flipped[i] ^= 1 << random.IntN(8)
			writeAndRead(t, d, g, file, flipped, "byte flipped")
		}
		for what, content := range damage {
			writeAndRead(t, d, g, file, content, what)
		}
		if err := os.WriteFile(file, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := readAll(t, d.store.Path(""), g); err != nil {
		t.Fatal(err)
	}
}

func writeAndRead(t *testing.T, d *Dir, g *linkgraph.Graph, file string, content []byte, what string) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
	switch err := readAll(t, d.store.Path(""), g); {
	case err == nil && !harmless(file):
		t.Errorf("%s, %s: read all the same", file, what)
	case err != nil && !wellRefused(err, file):
		t.Errorf("%s, %s: unclear error: %v", file, what, err)
	}
}

func TestMissingFilesAreRefused(t *testing.T) {
	for _, name := range []string{
		"freshrank.json", "graph/1/pages-00000.parquet", "graph/1/links-00000.parquet", "graph/1/edits-00000.parquet",
		"ranks/1/ranks-00000.parquet", "log/0/manifest.json", "log/0/00000000000000000000-00000000000000000003.parquet",
	} {
		d, g := sample(t)
		file := filepath.Join(d.store.Path(""), name)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if err := readAll(t, d.store.Path(""), g); !wellRefused(err, file) {
			t.Errorf("%s missing: %v", name, err)
		}
	}
	for _, name := range []string{"graph/1/manifest.json", "ranks/1/manifest.json"} {
		d, g := sample(t)
		if err := os.Remove(filepath.Join(d.store.Path(""), name)); err != nil {
			t.Fatal(err)
		}
		if err := readAll(t, d.store.Path(""), g); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s missing: %v", name, err)
		}
	}
}

// The checksums catch damage before the Parquet decoder sees it. Where they cannot, as
// with a file that was swapped together with its manifest, damage must become an error or
// a graph, and nothing worse. Only bytes of the pages table's row group are damaged.
func TestDamageUnderTheRightChecksum(t *testing.T) {
	d, _ := sample(t)
	folder := generation(graphFolder, 1)
	m, err := d.GraphManifest(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(d.store.Path(folder), pagesTable.file())
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused, n := 0, int(m.Files[0].Parts[0].Bytes)
	for at := range n {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 0x55
		if err := os.WriteFile(path, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		m.Files[0].Parts[0].SHA256 = newPiece(damaged[:n]).SHA256
		err := d.readPages(t.Context(), folder, m, &linkgraph.Graph{})
		if err != nil && !wellRefused(err, path) {
			t.Errorf("byte %d: %v", at, err)
		}
		if err != nil {
			refused++
		}
	}
	if refused < n/3 {
		t.Errorf("%d of %d damaged bytes were refused", refused, n)
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, markerName), []byte(`{"format": 2, "more": true}`), 0o644); err != nil {
		t.Fatal(err)
	}
	var version *VersionError
	if _, err := Open(root); !errors.As(err, &version) || version.Found != 2 || !strings.Contains(err.Error(), "upgrade freshrank") {
		t.Errorf("opened a newer folder: %v", err)
	}
}
