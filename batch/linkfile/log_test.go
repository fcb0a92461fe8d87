package linkfile

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"freshrank/pagerank/link"
)

// records draws what a partition may hold in [from, to): gaps, refused records,
// keys and values that are nil or no text.
func records(t *rapid.T, partition int, from, to int64) []link.Archived {
	var all []link.Archived
	for o := from; o < to; o++ {
		if rapid.IntRange(0, 3).Draw(t, "gap") == 0 {
			continue
		}
		r := link.Archived{Record: link.Record{
			Partition: partition, Offset: o,
			Timestamp: time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "timestamp")).UTC(),
			Key:       maybeBytes(t, "key", 20),
			Value:     maybeBytes(t, "value", 50),
		}}
		if rapid.Bool().Draw(t, "refused") {
			r.Refused = rapid.StringN(1, 20, -1).Draw(t, "error")
		} else {
			r.ID, r.Source = rapid.String().Draw(t, "id"), rapid.String().Draw(t, "source")
			r.Type, r.URL = "freshrank.page.gone", rapid.String().Draw(t, "url")
			r.Time = time.Unix(0, rapid.Int64Min(1).Draw(t, "time")).UTC()
		}
		all = append(all, r)
	}
	return all
}

func maybeBytes(t *rapid.T, name string, n int) []byte {
	if rapid.IntRange(0, 4).Draw(t, "no "+name) == 0 {
		return nil
	}
	return rapid.SliceOfN(rapid.Byte(), 0, n).Draw(t, name)
}

func TestLogRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := open(t, t.TempDir())
		var want []link.Archived
		end := int64(0)
		for range rapid.IntRange(0, 4).Draw(rt, "files") {
			to := end + rapid.Int64Range(1, 20).Draw(rt, "offsets")
			rs := records(rt, 2, end, to)
			if err := d.AppendLog(t.Context(), 2, end, to, rs); err != nil {
				t.Fatal(err)
			}
			want, end = append(want, rs...), to
		}
		d = open(t, d.store.Path(""))
		got, err := d.Archived(t.Context())
		if err != nil || got.At(2) != end || got.At(0) != 0 {
			t.Fatalf("archived %v, %v; want partition 2 up to %d", got, err, end)
		}
		from := rapid.Int64Range(0, end).Draw(rt, "from")
		to := rapid.Int64Range(from, end).Draw(rt, "to")
		want = slices.DeleteFunc(want, func(r link.Archived) bool { return r.Offset < from || r.Offset >= to })
		equal(t, "records", readLog(t, d, 2, from, to), want)
	})
}

func readLog(t testing.TB, d *Dir, partition int, from, to int64) (got []link.Archived) {
	t.Helper()
	err := d.ReadLog(t.Context(), partition, from, to, func(r link.Archived) error {
		got = append(got, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func refused(offset int64, value []byte) link.Archived {
	return link.Archived{Record: link.Record{Offset: offset, Timestamp: time.UnixMilli(offset).UTC(), Value: value}, Refused: "no event"}
}

func TestLogRowGroups(t *testing.T) {
	d := open(t, t.TempDir())
	var want []link.Archived
	for o := range int64(logTable.rows + 10) { // by rows
		want = append(want, refused(o, []byte("x")))
	}
	for range 5 { // by bytes
		o := int64(len(want))
		want = append(want, refused(o, bytes.Repeat([]byte("12345678"), groupBytes/16)))
	}
	if err := d.AppendLog(t.Context(), 0, 0, int64(len(want)), want); err != nil {
		t.Fatal(err)
	}
	if got := readLog(t, d, 0, 0, int64(len(want))); !reflect.DeepEqual(got, want) {
		t.Fatalf("%d records differ from the %d written", len(got), len(want))
	}
}

func TestAppendLogRefuses(t *testing.T) {
	d := open(t, t.TempDir())
	if err := d.AppendLog(t.Context(), 0, 0, 10, nil); err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func() error{
		"a gap":             func() error { return d.AppendLog(t.Context(), 0, 11, 12, nil) },
		"an overlap":        func() error { return d.AppendLog(t.Context(), 0, 9, 12, nil) },
		"no offsets":        func() error { return d.AppendLog(t.Context(), 0, 10, 10, nil) },
		"another partition": func() error { return d.AppendLog(t.Context(), 1, 0, 12, []link.Archived{refused(10, nil)}) },
		"a later offset":    func() error { return d.AppendLog(t.Context(), 0, 10, 12, []link.Archived{refused(12, nil)}) },
		"disorder": func() error {
			return d.AppendLog(t.Context(), 0, 10, 12, []link.Archived{refused(11, nil), refused(10, nil)})
		},
	} {
		if err := try(); err == nil {
			t.Errorf("%s was archived", name)
		}
	}
	if got, err := d.Archived(t.Context()); err != nil || !got.Equal(link.Offsets{10}) {
		t.Errorf("archived %v, %v", got, err)
	}
	if err := d.ReadLog(t.Context(), 0, 0, 11, func(link.Archived) error { return nil }); err == nil {
		t.Error("read past the archive's end")
	}
}
