package linkfile

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"freshrank/pagerank/link"
)

// What a crash leaves behind at each step of a write is not seen, does not stop
// the next write and is swept away.
func TestCrashLeftovers(t *testing.T) {
	d, g := sample(t)
	before := files(t, d.store.Path(""))
	leave := func(name string) {
		t.Helper()
		path := filepath.Join(d.store.Path(""), name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("half"), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	leave("graph/.tmp-2-123/pages-00000.parquet")
	leave("graph/.tmp-1-456/old/manifest.json") // the replaced one, renamed away
	leave("graph/2/pages-00000.parquet")        // a generation without a manifest
	leave("ranks/2/ranks-00000.parquet")
	leave("log/0/.tmp-00000000000000000005-00000000000000000006.parquet")
	leave("log/0/.tmp-9999")
	leave("log/0/00000000000000000005-00000000000000000009.parquet") // before the manifest
	leave("log/1/00000000000000000000-00000000000000000002.parquet")

	if err := readAll(t, d.store.Path(""), g); err != nil {
		t.Fatal(err)
	}
	if gen, ok, err := d.LatestGraph(t.Context()); gen != 1 || !ok || err != nil {
		t.Errorf("latest graph %d, %v, %v", gen, ok, err)
	}
	if gen, ok, err := d.LatestRanks(t.Context()); gen != 1 || !ok || err != nil {
		t.Errorf("latest ranks %d, %v, %v", gen, ok, err)
	}
	if end, err := d.Archived(t.Context()); err != nil || !end.Equal(link.Offsets{5, 0}) {
		t.Errorf("archived %v, %v", end, err)
	}
	if err := d.Clean(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, "files", files(t, d.store.Path("")), before)
	if err := errors.Join(d.AppendLog(t.Context(), 0, 5, 7, nil), d.AppendLog(t.Context(), 1, 0, 1, nil), d.WriteGraph(t.Context(), 2, g, nil, time.Now())); err != nil {
		t.Fatal(err)
	}
}

// A first append that was cut short again and again is no lost manifest.
func TestFirstAppendAfterCrash(t *testing.T) {
	d := open(t, t.TempDir())
	folder := d.store.Path(logPartition(0))
	name := filepath.Join(folder, "00000000000000000000-00000000000000000002.parquet")
	if err := errors.Join(os.MkdirAll(folder, 0o755), os.WriteFile(name, nil, 0o644), d.AppendLog(t.Context(), 0, 0, 3, nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("leftover of the first append: %v", err)
	}
}

func TestCancelledWriteLeavesNothing(t *testing.T) {
	d, g := sample(t)
	before := files(t, d.store.Path(""))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.WriteGraph(ctx, 2, g, nil, time.Now()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled write: %v", err)
	}
	if _, _, err := d.ReadGraph(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled read: %v", err)
	}
	equal(t, "files", files(t, d.store.Path("")), before)
}

func TestRemove(t *testing.T) {
	d, g := sample(t)
	if err := d.WriteGraph(t.Context(), 12, g, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	if gens, err := d.Generations(t.Context()); err != nil || len(gens) != 2 || gens[1] != 12 {
		t.Errorf("generations %v, %v", gens, err)
	}
	if err := errors.Join(d.Remove(t.Context(), 1), d.Remove(t.Context(), 1)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.ReadGraph(t.Context(), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removed graph: %v", err)
	}
	if _, ok, err := d.LatestRanks(t.Context()); ok || err != nil {
		t.Errorf("ranks are left: %v, %v", ok, err)
	}
	if gen, ok, err := d.LatestGraph(t.Context()); gen != 12 || !ok || err != nil {
		t.Errorf("latest graph %d, %v, %v", gen, ok, err)
	}
	if _, err := os.Stat(d.store.Path(generation(graphFolder, 1))); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its folder is left: %v", err)
	}
}
