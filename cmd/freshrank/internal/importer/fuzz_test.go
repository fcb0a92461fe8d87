package importer

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"freshrank/pagerank/link"
)

// seed adds a file of testdata to a fuzz target.
func seed(f *testing.F, name string) []byte {
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		f.Fatal(err)
	}
	return b
}

// canonicalLinks holds what every reader promises: URLs in canonical form.
func canonicalLinks(t *testing.T, w *web) {
	for _, u := range w.urls {
		if c, err := link.CanonicalURL(u, 1<<20); err != nil || c != u {
			t.Fatalf("page %q, canonical %q, error %v", u, c, err)
		}
	}
}

// faultOrNil holds that an error of a text is an InputError.
func faultOrNil(t *testing.T, err error) {
	var bad *InputError
	if err != nil && (!errors.As(err, &bad) || bad.Fix == "" || bad.Line < 1) {
		t.Fatalf("error %v, want one that names line and fix", err)
	}
}

// FuzzRows: rows are read as the standard library reads them, wherever a text is cut.
func FuzzRows(f *testing.F) {
	f.Add(seed(f, "web.csv"))
	for _, s := range []string{"a,b\r\n\r\n\"c\"\"d\n\",e\r", "\"a\r\nb\",\"\"\n,\n", "a\"b", "\"a\"b,c", "\"", "\"\r", "a\r\r\n", "\"a\"\r"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := csv.NewReader(bytes.NewReader(text))
		r.FieldsPerRecord = -1
		want, wantErr := r.ReadAll()
		got, err := allRows(text)
		if (err != nil) != (wantErr != nil) {
			t.Fatalf("error %v, want %v", err, wantErr)
		}
		if err == nil && !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("rows %q\nwant %q", got, want)
		}
		cut := rowCutter{','}.cut(text)
		if err == nil && cut > 0 {
			before, err1 := allRows(text[:cut])
			after, err2 := allRows(text[cut:])
			if err1 != nil || err2 != nil || !slices.EqualFunc(slices.Concat(before, after), want, slices.Equal) {
				t.Fatalf("cut at %d: %q (%v) and %q (%v)", cut, before, err1, after, err2)
			}
		}
	})
}

func allRows(text []byte) (all [][]string, _ error) {
	for len(text) > 0 {
		fields, lines, rest, bad := rowCutter{','}.next(text, nil)
		if bad != nil {
			return nil, bad
		}
		if got := bytes.Count(text[:len(text)-len(rest)], []byte{'\n'}); int(lines) != got && len(rest) > 0 {
			return nil, errors.New("lines miscounted")
		}
		var row []string
		for _, field := range fields {
			row = append(row, strings.ReplaceAll(string(field), "\r\n", "\n"))
		}
		if text = rest; row != nil {
			all = append(all, row)
		}
	}
	return all, nil
}

func FuzzCSV(f *testing.F) {
	f.Add(seed(f, "web.csv"), false)
	f.Add(seed(f, "web.tsv"), true)
	f.Add([]byte("\ufeffhttp://a.example,http://ü.example:7/%zz?\n"), false)
	f.Fuzz(func(t *testing.T, text []byte, tabs bool) {
		read := CSV
		if tabs {
			read = TSV
		}
		var got web
		report, err := read(t.Context(), "", bytes.NewReader(text), lax, got.start)
		faultOrNil(t, err)
		canonicalLinks(t, &got)
		if n := int64(bytes.Count(text, []byte{'\n'})); int64(len(got.links))+report.Dropped() > n+1 {
			t.Fatalf("%d links and %d dropped from %d lines", len(got.links), report.Dropped(), n)
		}
	})
}

func FuzzEdgeList(f *testing.F) {
	f.Add(seed(f, "web.txt"))
	f.Add([]byte("1 2\r\n\t3   4\n18446744073709551615 1\n9999999999999999999 0"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var got web
		_, err := EdgeList(t.Context(), "", bytes.NewReader(text), "e.example", lax, got.start)
		faultOrNil(t, err)
		canonicalLinks(t, &got)
	})
}

func FuzzCommonCrawl(f *testing.F) {
	f.Add(seed(f, "web-vertices.txt"), seed(f, "web-edges.txt"))
	f.Add([]byte("0\torg.a\t17\r\n7\torg.b\n"), []byte("0\t7\n"))
	f.Add([]byte("4294967295\torg.a\n"), []byte("0\t4294967295\n"))
	f.Add([]byte("0\torg.b/a\n1\ta@b\n2\torg..b\n3\t\n4\torg.b:80\n"), []byte("0 1\n2 3\n"))
	f.Fuzz(func(t *testing.T, vertices, edges []byte) {
		var got web
		_, err := CommonCrawl(t.Context(), &Source{r: bytes.NewReader(vertices)}, &Source{r: bytes.NewReader(edges)}, lax, got.start)
		var bad *InputError
		if err != nil && !errors.As(err, &bad) {
			t.Fatal(err)
		}
		canonicalLinks(t, &got)
		for _, u := range got.urls {
			if u != "http://"+link.HostOf(u)+"/" {
				t.Fatalf("host became %q", u)
			}
		}
	})
}

func FuzzWAT(f *testing.F) {
	whole := seed(f, "web.wat")
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte("WARC/1.0\r\nContent-Type: application/json\r\nContent-Length: 4611686018427387903\r\n\r\n{}"))
	f.Add([]byte("WARC/1.0\nContent-Length: -1\n\n"))
	f.Add([]byte("WARC/1.0\nContent-Type: application/json; a\nContent-Length: 20\n\n" + strings.Repeat("[", 20)))
	f.Fuzz(func(t *testing.T, in []byte) {
		_, _, err := wat(t, in, watLax) // which reads the events again
		faultOrNil(t, err)
	})
}

func FuzzResolve(f *testing.F) {
	f.Add("http://a/b/c/d?q", "../g;x=1/../y")
	f.Add("https://a/", "\\\\b\\c")
	f.Fuzz(func(t *testing.T, base, ref string) {
		b, err := link.CanonicalURL(base, 2048)
		if err != nil {
			return
		}
		u := resolve(b, ref)
		// Resolving once more changes nothing: it is absolute.
		if again := resolve("http://other.example/x/y", u); again != u && link.HostOf(again) == "other.example" {
			t.Fatalf("%q in %q is %q, which is relative", ref, b, u)
		}
	})
}

// FuzzParquet: damage is an error that says what to do. Over some of it the Parquet
// library loops for ever, which a caller ends: that is not looked at here.
func FuzzParquet(f *testing.F) {
	f.Add(seed(f, "web.parquet"))
	f.Add([]byte("PAR1\x00\x00\x00\x00PAR1"))
	f.Fuzz(func(t *testing.T, in []byte) {
		name := filepath.Join(t.TempDir(), "web.parquet")
		if err := os.WriteFile(name, in, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		var got web
		_, err := Parquet(ctx, name, lax, got.start, nil)
		var bad *InputError
		switch {
		case errors.Is(err, context.DeadlineExceeded):
			// A small file can claim any number of rows. Reading them takes long, but
			// it can be stopped, as it just was.
		case err != nil && (!errors.As(err, &bad) || bad.Fix == ""):
			t.Fatalf("error %v", err)
		}
		canonicalLinks(t, &got)
	})
}
