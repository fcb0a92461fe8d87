package storetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"testing"

	"freshrank/batch/linkfile/store"
)

// Run holds a Store to what package store says. make makes an empty one; what it returns
// opens it, as one process each.
func Run(t *testing.T, make func(t *testing.T) (open func() store.Store)) {
	for name, test := range map[string]func(*testing.T, store.Store){
		"objects": testObjects, "reading": testReading, "lists": testLists, "aborted": testAborted,
		"folders": testFolders, "aborted folders": testAbortedFolders, "large": testLarge, "cancelled": testCancelled,
	} {
		t.Run(name, func(t *testing.T) { test(t, make(t)()) })
	}
	t.Run("claimed", func(t *testing.T) { testClaimed(t, make(t)) })
}

func write(t *testing.T, s store.Store, name, content string) {
	t.Helper()
	if err := store.Write(t.Context(), s, name, []byte(content)); err != nil {
		t.Fatal(err)
	}
}

func wantContent(t *testing.T, s store.Store, name, want string) {
	t.Helper()
	if b, err := store.Read(t.Context(), s, name); err != nil || string(b) != want {
		t.Errorf("%s: %q, %v; want %q", name, b, err, want)
	}
}

func wantNone(t *testing.T, s store.Store, name string) {
	t.Helper()
	if _, err := store.Read(t.Context(), s, name); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: %v, want fs.ErrNotExist", name, err)
	}
}

func wantList(t *testing.T, s store.Store, folder string, want ...string) {
	t.Helper()
	if got, err := s.List(t.Context(), folder); err != nil || !slices.Equal(got, want) {
		t.Errorf("list of %q: %q, %v; want %q", folder, got, err, want)
	}
}

func testObjects(t *testing.T, s store.Store) {
	wantNone(t, s, "a")
	write(t, s, "a", "one")
	write(t, s, "x/y/b", "two")
	wantContent(t, s, "a", "one")
	write(t, s, "a", "another")
	wantContent(t, s, "a", "another")
	wantContent(t, s, "x/y/b", "two")
	wantNone(t, s, "x/y") // a folder is no object
	for range 2 {
		if err := errors.Join(s.Remove(t.Context(), "a"), s.Remove(t.Context(), "x/none")); err != nil {
			t.Fatal(err)
		}
	}
	wantNone(t, s, "a")
	wantContent(t, s, "x/y/b", "two")
}

func testReading(t *testing.T, s store.Store) {
	write(t, s, "a", "0123456789")
	o, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if o.Size() != 10 {
		t.Errorf("size %d", o.Size())
	}
	for _, c := range []struct {
		from int64
		n    int
		want string
		err  error
	}{{0, 3, "012", nil}, {4, 6, "456789", nil}, {8, 5, "89", io.EOF}, {10, 1, "", io.EOF}, {12, 1, "", io.EOF}} {
		p := make([]byte, c.n)
		n, err := o.ReadAt(p, c.from)
		if string(p[:n]) != c.want || !errors.Is(err, c.err) && !errors.Is(err, io.EOF) {
			t.Errorf("%d bytes from %d: %q, %v", c.n, c.from, p[:n], err)
		}
	}
}

func testLists(t *testing.T, s store.Store) {
	wantList(t, s, "d")
	for _, name := range []string{"d/c", "d/a", "d/b/2", "d/b/1", "d/e", "d/f", "dd/x", "e"} {
		write(t, s, name, "x")
	}
	wantList(t, s, "d", "a", "b", "c", "e", "f")
	wantList(t, s, "d/b", "1", "2")
	if err := s.Remove(t.Context(), "d"); err != nil {
		t.Fatal(err)
	}
	wantList(t, s, "d")
	wantList(t, s, "dd", "x")
}

func testAborted(t *testing.T, s store.Store) {
	write(t, s, "d/a", "old")
	for _, size := range []int{0, 5, 40 << 20} {
		w, err := s.Create(t.Context(), "d/a")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		wantContent(t, s, "d/a", "old")
		w.Abort()
		w.Abort()
		wantContent(t, s, "d/a", "old")
	}
	wantList(t, s, "d", "a")
}

func folder(t *testing.T, s store.Store, name string, objects map[string]string) store.Folder {
	t.Helper()
	f, err := s.Begin(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	for object, content := range objects {
		w, err := f.Create(t.Context(), object)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Write([]byte(content))
		if err := errors.Join(err, w.Commit()); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func testFolders(t *testing.T, s store.Store) {
	for _, objects := range []map[string]string{{"a": "1", "b": "2"}, {"a": "3"}} {
		f := folder(t, s, "g/7", objects)
		wantNone(t, s, "g/7/nothing")
		if err := f.Commit(t.Context(), []byte("all")); err != nil {
			t.Fatal(err)
		}
		f.Abort()
		wantContent(t, s, "g/7/"+store.Manifest, "all")
		for object, content := range objects {
			wantContent(t, s, "g/7/"+object, content)
		}
	}
	wantList(t, s, "g/7", "a", store.Manifest)
	if err := s.Tidy(t.Context(), "g"); err != nil {
		t.Fatal(err)
	}
	wantList(t, s, "g", "7")
	if err := s.Remove(t.Context(), "g/7"); err != nil {
		t.Fatal(err)
	}
	wantNone(t, s, "g/7/"+store.Manifest)
	wantList(t, s, "g")
}

func testAbortedFolders(t *testing.T, s store.Store) {
	f := folder(t, s, "g/7", map[string]string{"a": "1"})
	wantNone(t, s, "g/7/"+store.Manifest)
	f.Abort()
	wantList(t, s, "g")
	folder(t, s, "g/8", map[string]string{"a": "1"}) // never ended, as by a crash
	wantNone(t, s, "g/8/"+store.Manifest)
	if err := errors.Join(s.Tidy(t.Context(), "g"), s.Remove(t.Context(), "g/8")); err != nil {
		t.Fatal(err)
	}
	wantList(t, s, "g")
}

func testLarge(t *testing.T, s store.Store) {
	random := rand.NewChaCha8([32]byte{1})
	want := make([]byte, 35<<20)
	_, _ = random.Read(want)
	w, err := s.Create(t.Context(), "large")
	if err != nil {
		t.Fatal(err)
	}
	for part := range slices.Chunk(want, 3<<20+7) {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	got, err := store.Read(t.Context(), s, "large")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes differ from the %d written, %v", len(got), len(want), err)
	}
}

// What was begun under a context that has ended can be given up all the same.
func testCancelled(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	f, err := s.Begin(ctx, "g/7")
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.Create(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(make([]byte, 20<<20))
	cancel()
	w.Abort()
	f.Abort()
	if err := s.Tidy(t.Context(), "g"); err != nil {
		t.Fatal(err)
	}
	wantList(t, s, "g")
}

// One that was paused in the middle of whatever it wrote comes back when another has
// taken over.
func testClaimed(t *testing.T, open func() store.Store) {
	ctx, paused, other := t.Context(), open(), open()
	if err := paused.Claim(ctx); err != nil {
		t.Fatal(err)
	}
	write(t, paused, "log/manifest.json", "paused")
	object, err := paused.Create(ctx, "log/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = object.Write([]byte("late"))
	folder, err := paused.Begin(ctx, "graph/2")
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Claim(ctx); err != nil {
		t.Fatal(err)
	}
	write(t, other, "log/manifest.json", "other")
	theirs, err := other.Begin(ctx, "graph/2")
	if err != nil {
		t.Fatal(err)
	}
	if err := theirs.Commit(ctx, []byte("other")); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"an object": object.Commit(), "a folder": folder.Commit(ctx, []byte("late")), "a new object": store.Write(ctx, paused, "new", nil),
		"removing": paused.Remove(ctx, "graph/2"), "tidying": paused.Tidy(ctx, "graph"),
	} {
		if !errors.Is(err, store.ErrClaimed) {
			t.Errorf("%s of the one that was paused: %v", what, err)
		}
	}
	object.Abort()
	folder.Abort()
	wantContent(t, other, "log/manifest.json", "other")
	wantContent(t, other, "graph/2/"+store.Manifest, "other")
	wantNone(t, other, "new")
	if err := paused.Claim(ctx); err != nil {
		t.Fatal(err)
	}
	write(t, paused, "new", "mine again")
}
