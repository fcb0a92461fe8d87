package importer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"freshrank/pagerank/link"
)

// web collects what readers add, as "source target" or "source target rel", sorted.
type web struct {
	mu    sync.Mutex
	urls  []string
	known map[string]uint32
	links []string
}

func (w *web) start() Pages { return w }

func (w *web) Number(url []byte) uint32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, ok := w.known[string(url)]
	if !ok {
		if w.known == nil {
			w.known = map[string]uint32{}
		}
		n = uint32(len(w.urls))
		w.urls = append(w.urls, string(url))
		w.known[string(url)] = n
	}
	return n
}

func (w *web) AddNumbers(source, target uint32, rel link.Rel) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.links = append(w.links, strings.TrimRight(w.urls[source]+" "+w.urls[target]+" "+rel.String(), " "))
}

func (w *web) sorted() []string {
	slices.Sort(w.links)
	return w.links
}

var lax = Options{MaxURL: 2048}

// drops shows a report.
func drops(r Report) string {
	var all []string
	for _, d := range r.Drops {
		all = append(all, d.String())
	}
	return strings.Join(all, "\n")
}

func TestEdgeList(t *testing.T) {
	in := "# Directed graph\r\n# FromNodeId\tToNodeId\r\n0\t11342\r\n\n  7   007 \n 18446744073709551 0\n"
	var got web
	if _, err := EdgeList(t.Context(), "web.txt", strings.NewReader(in), "example.org/p", lax, got.start); err != nil {
		t.Fatal(err)
	}
	want := "http://example.org/p/0 http://example.org/p/11342;http://example.org/p/18446744073709551 http://example.org/p/0;http://example.org/p/7 http://example.org/p/7"
	if s := strings.Join(got.sorted(), ";"); s != want {
		t.Errorf("links %s\nwant  %s", s, want)
	}
}

func TestCSV(t *testing.T) {
	for name, in := range map[string]string{
		"plain":    "http://a.example,HTTP://B.example:80/\n",
		"header":   "\ufeffsource,target\nhttp://a.example,http://b.example/\n",
		"mark":     "\ufeffhttp://a.example,http://b.example/\n",
		"others":   "\n\nid,Target,source\n1,http://b.example/,http://a.example/\n",
		"quoted":   "\"http://a.example/\",\" http://b.example/ \"\r\n",
		"lines":    "text,to,from\n\"one\r\n\"\"two\"\"\n\",http://b.example/,http://a.example/",
		"fragment": "http://a.example/#top,http://b.example/#x\n",
	} {
		var got web
		if _, err := CSV(t.Context(), "web.csv", strings.NewReader(in), lax, got.start); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s := strings.Join(got.sorted(), ";"); s != "http://a.example/ http://b.example/" {
			t.Errorf("%s: links %s", name, s)
		}
	}
	var got web
	in := "source\ttarget\trel\nhttp://a.example\thttp://b.example/\t\nhttp://a.example\thttp://c.example/?q=\"\tnoopener NoFollow\n"
	if _, err := TSV(t.Context(), "web.tsv", strings.NewReader(in), lax, got.start); err != nil {
		t.Error(err)
	}
	if s := strings.Join(got.sorted(), ";"); s != "http://a.example/ http://b.example/;http://a.example/ http://c.example/?q=%22 nofollow" {
		t.Errorf("links %s", s)
	}
}

// TestDropsAreCounted: links are left out by reason, the first of each as an example.
func TestDropsAreCounted(t *testing.T) {
	in := "source,target\nhttp://a.example/,http://b.example/\nhttp://a.example/,mailto:x@y\nhttp://a.example/,/b\n/a,http://b.example/\n" +
		"http://a.example/,tel:1\nhttp://a.example/,\nhttp://a.example/,http://[/\nhttp://a.example/,http://a b/\nhttp://a.example/,http://b.example/" + strings.Repeat("x", 2048) + "\nhttp://a.example/,\"http://b.\texample\"\n"
	var got web
	report, err := CSV(t.Context(), "web.csv", strings.NewReader(in), lax, got.start)
	if err != nil || len(got.links) != 1 || report.Dropped() != 9 {
		t.Errorf("links %v, %d dropped, error %v", got.links, report.Dropped(), err)
	}
	for _, want := range []string{
		`2 × URL of another scheme than http and https, first: web.csv, line 3: not a page's URL "mailto:x@y"`,
		`2 × relative URL, first: web.csv, line 4: not a page's URL "/b"`,
		`1 × empty URL, first: web.csv, line 7`, `2 × URL with a bad host or port, first: web.csv, line 8`,
		`1 × URL that is too long, first: web.csv, line 10`, `1 × URL with control characters, first: web.csv, line 11`,
	} {
		if !strings.Contains(drops(report), want) {
			t.Errorf("report lacks %s:\n%s", want, drops(report))
		}
	}
	strict := Options{MaxURL: 2048, Strict: true}
	var bad *InputError
	if _, err := CSV(t.Context(), "web.csv", strings.NewReader(in), strict, new(web).start); !errors.As(err, &bad) || bad.Line != 3 {
		t.Errorf("strict: error %v", err)
	}
}

func TestBadInputNamesLineValueAndFix(t *testing.T) {
	edges := func(in string) error {
		_, err := EdgeList(t.Context(), "web.txt", strings.NewReader(in), "example.org", lax, new(web).start)
		return err
	}
	rows := func(in string) error {
		_, err := CSV(t.Context(), "web.csv", strings.NewReader(in), lax, new(web).start)
		return err
	}
	many := strings.Repeat("http://a.example/,http://b.example/\n", 60_000) // chunks
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
		{edges("\x1f\x8b\x00\xff binary"), []string{"line 1", "not a page number"}},
		{rows("http://a.example,http://b.example\nhttp://a.example\n"), []string{"line 2", "1 columns"}},
		{rows("a,b\nhttp://a.example,http://b.example\n"), []string{"line 1", `"a,b"`, "source and target"}},
		{rows("http://a.example,\"http://b.exam\"ple\n"), []string{"line 1", "quote"}},
		{rows(many + "http://a.example,http://b.\"exam\"ple\n"), []string{"line 60001", "quote"}},
		{rows(many + "http://a.example,\"http://b.example\n"), []string{"line 60001", "quote", "not closed"}},
		{rows(many + "http://a.example,\"http://b.example\n" + many), []string{"line 60001", "longer than", "quote left open"}},
		{rows(many + "http://a.example," + strings.Repeat("b", maxLine) + "\n"), []string{"line 60001", "longer than"}},
	} {
		var bad *InputError
		if !errors.As(c.err, &bad) {
			t.Errorf("error %v, want an InputError with %q", c.err, c.want)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(c.err.Error(), w) {
				t.Errorf("error %.300q lacks %q", c.err, w)
			}
		}
	}
	for _, prefix := range []string{"", "EXAMPLE.org", "a b", "http://a", "a.example?x"} {
		if _, err := EdgeList(t.Context(), "web.txt", strings.NewReader("1 2"), prefix, lax, new(web).start); err == nil {
			t.Errorf("prefix %q was taken", prefix)
		}
	}
}

// TestAnyOrderGivesTheSame: rows in any order and cut into any chunks give the same
// links and counts.
func TestAnyOrderGivesTheSame(t *testing.T) {
	rows := make([]string, 40_000)
	for i := range rows {
		target := fmt.Sprintf("http://b%d.example/%s", i%97, strings.Repeat("y", i%60))
		switch i % 50 {
		case 7:
			target = "mailto:someone"
		case 8:
			target = "\"http://c.example/\n\"\"" + target[7:] + "\""
		case 9:
			target = "HTTP://" + target[7:]
		}
		rows[i] = fmt.Sprintf("http://a%d.example/,%s,%s\n", i%89, target, []string{"", "ugc"}[i%2])
	}
	var want web
	first, err := CSV(t.Context(), "", strings.NewReader(strings.Join(rows, "")), lax, want.start)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(rows)
	var got web
	again, err := CSV(t.Context(), "", strings.NewReader(strings.Repeat("\n", 777_777)+strings.Join(rows, "")), lax, got.start)
	if err != nil || !slices.Equal(got.sorted(), want.sorted()) || first.Dropped() != again.Dropped() || len(got.links) != 40_000-1600 {
		t.Errorf("%d links and %d dropped, then %d and %d; error %v", len(want.links), first.Dropped(), len(got.links), again.Dropped(), err)
	}
}
