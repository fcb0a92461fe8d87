package linkfile

import (
	"errors"
	"os"
	"runtime"
	"testing"
	"time"

	"freshrank/pagerank"
	"freshrank/pagerank/link"
)

// The same graph and ranks give the same bytes for any number of processors.
func TestSameBytesForAnyNumberOfWorkers(t *testing.T) {
	g := bigGraph()
	r := &pagerank.Result{X: make([]float64, g.Pages()), Residual: make([]float64, g.Pages())}
	for p := range r.X {
		r.X[p] = 1 / float64(p+1)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	d := open(t, t.TempDir())
	var first []File
	for gen, workers := range []int{1, 2, 7} {
		runtime.GOMAXPROCS(workers)
		if err := errors.Join(
			d.WriteGraph(t.Context(), int64(gen), g, nil, time.Now()),
			d.WriteRanks(t.Context(), int64(gen), g, nil, r, Parameters{URLPolicy: link.PolicyVersion}, nil),
		); err != nil {
			t.Fatal(err)
		}
		m, err1 := d.GraphManifest(t.Context(), int64(gen))
		rm, err2 := d.RanksManifest(t.Context(), int64(gen))
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		files := append(m.Files, rm.Files...)
		if first == nil {
			first = files
		}
		equal(t, "files", files, first)
		got, _, err := d.ReadGraph(t.Context(), int64(gen))
		if err != nil {
			t.Fatal(err)
		}
		sameGraph(t, got, g)
		x, _, rm, err := d.ReadRanks(t.Context(), int64(gen), got)
		if err != nil || rm.Unmatched > 0 {
			t.Fatalf("%d ranks unmatched, %v", rm.Unmatched, err)
		}
		equal(t, "x", x, r.X)
	}
}

// testdata/without-parts is what sample writes, by a program that did not yet know of
// parts; only the checksum of the whole file guards it.
func TestFolderWithoutParts(t *testing.T) {
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS("testdata/without-parts")); err != nil {
		t.Fatal(err)
	}
	_, want := sample(t)
	if err := readAll(t, root, want); err != nil {
		t.Fatal(err)
	}
	d := open(t, root)
	got, m, err := d.ReadGraph(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	sameGraph(t, got, want)
	if len(m.Files[0].Parts) > 0 {
		t.Fatal("has parts")
	}
	for _, file := range files(t, root) {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for at := range whole {
			if at%7 == 0 && !harmless(file) {
				damaged := append([]byte(nil), whole...)
				damaged[at] ^= 0x10
				writeAndRead(t, d, want, file, damaged, "byte flipped")
			}
		}
		if err := os.WriteFile(file, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
