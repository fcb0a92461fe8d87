package chaos

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"freshrank/cmd/freshrank/internal/processtest"
)

// damage is something that happens to a file.
type damage struct {
	what string
	do   func(path string) error
}

var (
	flipped = damage{"a flipped bit", func(path string) error {
		b, err := os.ReadFile(path)
		if err == nil {
			b[len(b)/2] ^= 4
			err = os.WriteFile(path, b, 0o644)
		}
		return err
	}}
	halved = damage{"its last half gone", func(path string) error {
		info, err := os.Stat(path)
		if err == nil {
			err = os.Truncate(path, info.Size()/2)
		}
		return err
	}}
	emptied = damage{"nothing left of it", func(path string) error { return os.Truncate(path, 0) }}
	removed = damage{"removed", os.Remove}
)

// TestFaultsOfFiles damages the files of the newest generation. Both layers refuse them by
// name, what was published goes on being served, and each of the two remedies that the
// refusal names works: the folder from a backup, or without it a run that makes another.
func TestFaultsOfFiles(t *testing.T) {
	w := newWatch(t, chosenSeed())
	var trials []trial
	for _, c := range []struct {
		file string
		damage
		backup bool
	}{
		{"graph/*/pages-00000.parquet", flipped, true},
		{"graph/*/links-00000.parquet", halved, false},
		{"graph/*/edits-00000.parquet", removed, false},
		{"graph/*/manifest.json", emptied, true},
		{"graph/*/manifest.json", removed, false},
		{"ranks/*/ranks-00000.parquet", flipped, false},
		{"ranks/*/ranks-00000.parquet", removed, true},
		{"ranks/*/manifest.json", halved, false},
		{"ranks/*/manifest.json", removed, true},
	} {
		remedy := map[bool]string{true: "restored", false: "made again"}[c.backup]
		trials = append(trials, trial{fmt.Sprintf("%s: %s, then %s", c.file, c.what, remedy), func(t *testing.T, w *watch) {
			w.request(t)
			newest := w.generation(t)
			path := filepath.Join(w.data, strings.Replace(c.file, "*", fmt.Sprint(newest), 1))
			w.remade[newest+1] = strings.HasPrefix(c.file, "graph") && !c.backup
			w.damaged(t, path, c.damage, c.backup)
		}})
	}
	w.try(t, trials)
}

// damaged does one of them.
func (w *watch) damaged(t *testing.T, path string, d damage, backup bool) {
	t.Helper()
	folder := filepath.Dir(path)
	kept := filepath.Join(t.TempDir(), "kept")
	if err := os.CopyFS(kept, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	w.speed.kill(t)
	if err := d.do(path); err != nil {
		t.Fatal(err)
	}
	w.speed.start(t)
	w.await(t, "the speed layer to refuse "+path, func() bool {
		said := w.speed.Output.String()
		return strings.Contains(said, path) && strings.Contains(said, "restore the folder from a backup")
	})
	if now, err := w.api.status(); err != nil || !now.Ready || now.View == 0 {
		t.Errorf("what was published is not served any more: %+v, %v", now, err)
	}
	// A graph without a manifest does not exist: a run begins with the one before.
	if _, err := os.Stat(filepath.Join(folder, "manifest.json")); err == nil && strings.Contains(path, "/graph/") {
		w.request(t)
		w.generation(t)
		if reason := w.lastError(t); !strings.Contains(reason, path) || !strings.Contains(reason, "restore the folder from a backup") {
			t.Errorf("a run says %q", reason)
		}
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if backup {
		if err := os.CopyFS(folder, os.DirFS(kept)); err != nil {
			t.Fatal(err)
		}
		return
	}
	before := w.generations(t)
	w.request(t)
	w.generation(t)
	if w.generations(t) != before+1 {
		t.Errorf("a run without the damaged folder: %s", w.lastError(t))
	}
}

// TestDamagedArchive: what cannot be had again is refused by name wherever it is needed,
// and nothing is made of the rest of it.
func TestDamagedArchive(t *testing.T) {
	w := newWatch(t, chosenSeed())
	var trials []trial
	for _, c := range []struct {
		file string
		damage
	}{{"*.parquet", flipped}, {"*.parquet", removed}, {"manifest.json", halved}, {"manifest.json", removed}} {
		trials = append(trials, trial{fmt.Sprintf("log/0/%s: %s", c.file, c.what), func(t *testing.T, w *watch) {
			// Archived and not folded: what the run that follows needs. Partition 0 is to have some.
			before, _, _ := w.ledger.counts()
			w.within(t, time.Minute, "events to be acknowledged", func() bool {
				now, _, _ := w.ledger.counts()
				return now >= before+200
			})
			m := on(w.batch.db, "\x00\x00\x00\x04fold", true, nothing)
			w.request(t)
			m.wait(t, w, "fold")
			w.batch.kill(t)
			folder := filepath.Join(w.data, "log", "0")
			kept := filepath.Join(t.TempDir(), "kept")
			if err := os.CopyFS(kept, os.DirFS(folder)); err != nil {
				t.Fatal(err)
			}
			found, err := filepath.Glob(filepath.Join(folder, c.file))
			if err != nil || len(found) == 0 {
				t.Fatalf("%s: %v, %v", c.file, found, err)
			}
			path := slices.Max(found) // the newest
			if err := c.do(path); err != nil {
				t.Fatal(err)
			}
			published := w.generations(t)
			w.batch.start(t)
			w.request(t)
			w.generation(t)
			reason := w.lastError(t)
			t.Logf("reason: %s", reason)
			if !strings.Contains(reason, path) || !strings.Contains(reason, "restore the folder from a backup") || w.generations(t) != published {
				t.Errorf("a run says %q", reason)
			}
			if out, code := processtest.Run(t, append([]string{"verify"}, w.direct()...)...); code == 0 || !strings.Contains(out, path) {
				t.Errorf("verify: exit code %d\n%s", code, out)
			}
			if err := os.RemoveAll(folder); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(folder, os.DirFS(kept)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
			w.request(t)
			w.generation(t)
			if w.generations(t) != published+1 {
				t.Errorf("with the folder restored: %s", w.lastError(t))
			}
		}})
	}
	w.try(t, trials)
}
