package importer

import (
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"freshrank/pagerank/link"
)

type links []string

func (l *links) AddLink(source, target string, rel link.Rel) {
	*l = append(*l, source+" "+target+strings.Repeat(" marked", int(min(rel, 1))))
}

func TestEdgeList(t *testing.T) {
	in := "# Directed graph\r\n# FromNodeId\tToNodeId\r\n0\t11342\r\n\n  7   007 \n 18446744073709551 0\n"
	var got links
	if err := EdgeList(t.Context(), "web.txt", strings.NewReader(in), "example.org/p", 2048, &got, nil); err != nil {
		t.Fatal(err)
	}
	want := "http://example.org/p/0 http://example.org/p/11342;http://example.org/p/7 http://example.org/p/7;http://example.org/p/18446744073709551 http://example.org/p/0"
	if s := strings.Join(got, ";"); s != want {
		t.Errorf("links %s\nwant  %s", s, want)
	}
}

func TestCSV(t *testing.T) {
	for name, in := range map[string]string{
		"plain":    "http://a.example,HTTP://B.example:80/\n",
		"header":   "\ufeffsource,target\nhttp://a.example,http://b.example/\n",
		"others":   "id,Target,source\n1,http://b.example/,http://a.example/\n",
		"quoted":   "\"http://a.example/\",\" http://b.example/ \"\r\n",
		"fragment": "http://a.example/#top,http://b.example/#x\n",
	} {
		var got links
		if err := CSV(t.Context(), "web.csv", strings.NewReader(in), 2048, &got, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s := strings.Join(got, ";"); s != "http://a.example/ http://b.example/" {
			t.Errorf("%s: links %s", name, s)
		}
	}
	var got links
	in := "source,target,rel\nhttp://a.example,http://b.example/,\nhttp://a.example,http://c.example/,noopener NoFollow\n"
	if err := CSV(t.Context(), "web.csv", strings.NewReader(in), 2048, &got, nil); err != nil {
		t.Error(err)
	}
	if s := strings.Join(got, ";"); s != "http://a.example/ http://b.example/;http://a.example/ http://c.example/ marked" {
		t.Errorf("links %s", s)
	}
}

func TestBadInputNamesLineValueAndFix(t *testing.T) {
	edges := func(in string) error {
		return EdgeList(t.Context(), "web.txt", strings.NewReader(in), "example.org", 2048, new(links), nil)
	}
	rows := func(in string) error {
		return CSV(t.Context(), "web.csv", strings.NewReader(in), 2048, new(links), nil)
	}
	for _, c := range []struct {
		err  error
		want []string
	}{
		{edges("1 2\n3 x\n"), []string{"web.txt, line 2", `"x"`, "two page numbers"}},
		{edges("1\n"), []string{"line 1", `"1"`}},
		{edges("1 2 3\n"), []string{"line 1", "more than two"}},
		{edges("1 -2\n"), []string{"line 1", `"-2"`}},
		{edges("1 99999999999999999999\n"), []string{"line 1", "99999999999999999999"}},
		{edges("# ok\n" + strings.Repeat("1", maxLine+10)), []string{"line 2", "longer than"}},
		{rows("http://a.example,ftp://b.example\n"), []string{"web.csv, line 1", "ftp://b.example"}},
		{rows("http://a.example,http://b.example\nhttp://a.example\n"), []string{"line 2", "1 columns"}},
		{rows("a,b\nhttp://a.example,http://b.example\n"), []string{"line 1", `"a,b"`, "source and target"}},
		{rows("http://a.example,\"http://b.exam\"ple\n"), []string{"line 1", "quote"}},
		{rows("source,target\nhttp://a.example,not a url\n"), []string{"line 2", "not a url"}},
	} {
		var bad *InputError
		if !errors.As(c.err, &bad) {
			t.Errorf("error %v, want an InputError with %q", c.err, c.want)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(c.err.Error(), w) {
				t.Errorf("error %q lacks %q", c.err, w)
			}
		}
	}
	for _, prefix := range []string{"", "EXAMPLE.org", "a b", "http://a", "a.example?x"} {
		if err := EdgeList(t.Context(), "web.txt", strings.NewReader("1 2"), prefix, 2048, new(links), nil); err == nil {
			t.Errorf("prefix %q was taken", prefix)
		}
	}
}

func TestOpenUnpacksGzipAndNoticesDamage(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "web.txt.gz")
	f, err := os.Create(whole)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	for range 5000 {
		_, _ = z.Write([]byte("1 2\n"))
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	read := func(name string) (int, error) {
		s, err := Open(name, nil)
		if err != nil {
			return 0, err
		}
		defer s.Close()
		var got links
		err = EdgeList(t.Context(), s.Name, s, "example.org", 2048, &got, nil)
		return len(got), err
	}
	if n, err := read(whole); n != 5000 || err != nil {
		t.Errorf("%d links, error %v", n, err)
	}
	b, _ := os.ReadFile(whole)
	cut := filepath.Join(dir, "cut.gz")
	if err := os.WriteFile(cut, b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	var bad *InputError
	if _, err := read(cut); !errors.As(err, &bad) || !strings.Contains(err.Error(), "gzip") {
		t.Errorf("half a file: error %v", err)
	}
	if _, err := read(filepath.Join(dir, "none")); !errors.As(err, &bad) {
		t.Errorf("no file: error %v", err)
	}
}
