package importer

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
)

func TestOpenUnpacksGzipAndNoticesDamage(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "web.txt.gz")
	f, err := os.Create(whole)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // gzip files may be several, one after the other
		z := gzip.NewWriter(f)
		for range 2500 {
			_, _ = z.Write([]byte("1 2\n"))
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	read := func(name string) (int, error) {
		s, err := Open(name, nil)
		if err != nil {
			return 0, err
		}
		defer s.Close()
		var got web
		_, err = EdgeList(t.Context(), s.Name, s, "example.org", lax, got.start)
		return len(got.links), err
	}
	if n, err := read(whole); n != 5000 || err != nil {
		t.Errorf("%d links, error %v", n, err)
	}
	b, _ := os.ReadFile(whole)
	cut := filepath.Join(dir, "cut.gz")
	var bad *InputError
	for _, damaged := range [][]byte{b[:len(b)/4], b[:len(b)-3], append([]byte{0x1f, 0x8b, 9}, b[3:]...), []byte("\x1f\x8b")} {
		if err := os.WriteFile(cut, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := read(cut); !errors.As(err, &bad) || !strings.Contains(err.Error(), "gzip") && !strings.Contains(err.Error(), "cannot be read") {
			t.Errorf("damaged file: error %v", err)
		}
	}
	if _, err := read(filepath.Join(dir, "none")); !errors.As(err, &bad) {
		t.Errorf("no file: error %v", err)
	}
}

// packed makes a gzip file of parts, one after the other.
func packed(t *testing.T, parts ...[]byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "bomb.gz")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	z, _ := gzip.NewWriterLevel(f, gzip.BestSpeed)
	for _, part := range parts {
		_, _ = z.Write(part)
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return name
}

// bomb is 64 MiB without a line end, which pack to a thousandth.
func bomb() (parts [][]byte) { return slices.Repeat([][]byte{make([]byte, 1<<20)}, 64) }

// TestPackedBomb: whatever the text is read as, it is refused after a megabyte, and takes
// no memory for the rest.
func TestPackedBomb(t *testing.T) {
	name := packed(t, bomb()...)
	for what, read := range map[string]func(*Source, func() Pages) error{
		"csv": func(s *Source, start func() Pages) error {
			_, err := CSV(t.Context(), s.Name, s, lax, start)
			return err
		},
		"tsv": func(s *Source, start func() Pages) error {
			_, err := TSV(t.Context(), s.Name, s, lax, start)
			return err
		},
		"edge list": func(s *Source, start func() Pages) error {
			_, err := EdgeList(t.Context(), s.Name, s, "example.org", lax, start)
			return err
		},
		"vertices": func(s *Source, start func() Pages) error {
			_, err := CommonCrawl(t.Context(), s, &Source{r: strings.NewReader("")}, lax, start)
			return err
		},
		"numbers": func(s *Source, start func() Pages) error {
			_, err := Numbers(t.Context(), s.Name, s, func() Links { return &numbered{} }, nil)
			return err
		},
	} {
		s, err := Open(name, nil)
		if err != nil {
			t.Fatal(err)
		}
		before := allocated()
		err = read(s, new(web).start)
		var bad *InputError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), "longer than") {
			t.Errorf("%s: error %v", what, err)
		}
		if n := allocated() - before; n > 32<<20 || s.BytesRead() > s.Size/2+1<<20 {
			t.Errorf("%s: %d bytes of memory, %d of %d bytes were read", what, n, s.BytesRead(), s.Size)
		}
		s.Close()
	}
}

// TestPackedRecord: of a WAT record that unpacks to more than one may have, nothing is
// kept, and the next one is read.
func TestPackedRecord(t *testing.T) {
	small := "WARC/1.0\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}\r\n\r\n"
	parts := slices.Concat([][]byte{[]byte("WARC/1.0\r\nContent-Type: application/json\r\nContent-Length: 67108864\r\n\r\n")}, bomb(), [][]byte{[]byte("\r\n\r\n" + small)})
	s, err := Open(packed(t, parts...), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	before := allocated()
	n, report, err := WAT(t.Context(), "web.wat", s, watLax, io.Discard)
	if err != nil || n != 0 || !strings.Contains(drops(report), "1 × record that is too long") || allocated()-before > 32<<20 {
		t.Errorf("%d events, drops %s, error %v, %d bytes of memory", n, drops(report), err, allocated()-before)
	}
}

// allocated returns the bytes that were ever allocated.
func allocated() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
