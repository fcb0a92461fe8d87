package importer

import (
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
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

// TestPackedBomb: a gigabyte without a line end is refused after a megabyte.
func TestPackedBomb(t *testing.T) {
	name := filepath.Join(t.TempDir(), "bomb.gz")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	z, _ := gzip.NewWriterLevel(f, gzip.BestSpeed)
	for range 64 {
		_, _ = z.Write(make([]byte, 1<<20))
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	s, err := Open(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var bad *InputError
	if _, err := CSV(t.Context(), s.Name, s, lax, new(web).start); !errors.As(err, &bad) || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("error %v", err)
	}
	if s.BytesRead() > s.Size/2+1<<20 {
		t.Errorf("%d of %d bytes were read", s.BytesRead(), s.Size)
	}
}
