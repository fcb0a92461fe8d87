package archive

import (
	"reflect"
	"slices"
	"testing"

	"freshrank/batch/linkfile"
	"freshrank/pagerank/link"
)

// The real store: what is read back from the files, after a restart, is what the
// log holds.
func TestArchiveInFiles(t *testing.T) {
	root := t.TempDir()
	dir, err := linkfile.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	f := setUp(t, 2, func(o *Options) { o.Store, o.MaxRecords = dir, 2 })
	f.produce(t, 0, event(t, "a"), nil, []byte("no event"), event(t, "b"), event(t, "c"))
	f.produce(t, 1, event(t, "d"))
	end := f.end(t)
	if err := f.Archive(t.Context(), end, nil); err != nil {
		t.Fatal(err)
	}

	if dir, err = linkfile.Open(root); err != nil {
		t.Fatal(err)
	}
	f.o.Store = dir
	if got, err := dir.Archived(t.Context()); err != nil || !got.Equal(end) {
		t.Errorf("archived %v, %v; the log ends at %v", got, err, end)
	}
	if got := f.eventIDs(t, nil, end); !slices.Equal(got, []string{"a", "b", "c", "d"}) {
		t.Errorf("events %v", got)
	}
	var stored []link.Archived
	for p := range end {
		err := dir.ReadLog(t.Context(), p, 0, end[p], func(r link.Archived) error { stored = append(stored, r); return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	if live := f.live(t, end); !reflect.DeepEqual(live, plain(stored)) || len(live) != 6 {
		t.Errorf("log and files differ:\n%+v\n%+v", live, stored)
	}
	if err := f.Archive(t.Context(), link.Offsets{}, nil); err != nil {
		t.Errorf("an older cut: %v", err)
	}
}
