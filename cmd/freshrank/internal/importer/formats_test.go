package importer

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// sample opens a file of testdata.
func sample(t *testing.T, name string) *Source {
	t.Helper()
	s, err := Open(filepath.Join("testdata", name), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestFormatsMakeTheSameGraph: the samples of all formats, each as its kind of
// producer would write it (web.parquet was written by DuckDB 1.x), are one small graph.
func TestFormatsMakeTheSameGraph(t *testing.T) {
	const marked = "http://a.example/ http://b.example/|http://a.example/ http://c.example/ nofollow|http://b.example/ http://c.example/|http://c.example/ http://a.example/"
	plain := strings.Replace(marked, " nofollow", "", 1)
	numbers := strings.NewReplacer("a.example/", "n.example/1", "b.example/", "n.example/2", "c.example/", "n.example/3").Replace(plain)
	scheme := "1 × URL of another scheme than http and https"
	for name, c := range map[string]struct {
		read  func(context.Context, Options, func() Pages) (Report, error)
		want  string
		stats linkgraph.Stats
		drops string
	}{
		"csv": {func(ctx context.Context, o Options, start func() Pages) (Report, error) {
			return CSV(ctx, "web.csv", sample(t, "web.csv"), o, start)
		}, marked, linkgraph.Stats{Pages: 3, Links: 4, Duplicates: 1, SelfLoops: 1}, scheme + `, first: web.csv, line 9: not a page's URL "mailto:c@c.example"`},
		"tsv": {func(ctx context.Context, o Options, start func() Pages) (Report, error) {
			return TSV(ctx, "web.tsv", sample(t, "web.tsv"), o, start)
		}, marked, linkgraph.Stats{Pages: 3, Links: 4, Duplicates: 1, SelfLoops: 1}, scheme + `, first: web.tsv, line 8: `},
		"parquet": {func(ctx context.Context, o Options, start func() Pages) (Report, error) {
			return Parquet(ctx, filepath.Join("testdata", "web.parquet"), o, start, nil)
		}, marked, linkgraph.Stats{Pages: 3, Links: 4, Duplicates: 1, SelfLoops: 1}, scheme + `, first: testdata/web.parquet, row 7: `},
		"edgelist": {func(ctx context.Context, o Options, start func() Pages) (Report, error) {
			return EdgeList(ctx, "web.txt", sample(t, "web.txt"), "n.example", o, start)
		}, numbers, linkgraph.Stats{Pages: 3, Links: 4, Duplicates: 1, SelfLoops: 1}, ""},
		"commoncrawl": {func(ctx context.Context, o Options, start func() Pages) (Report, error) {
			return CommonCrawl(ctx, sample(t, "web-vertices.txt"), sample(t, "web-edges.txt"), o, start)
		}, plain, linkgraph.Stats{Pages: 3, Links: 4}, "1 × bad host name, first: testdata/web-vertices.txt, line 4: no host name \"example.-bad host-\""},
	} {
		t.Run(name, func(t *testing.T) {
			b := linkgraph.NewBuilder()
			report, err := c.read(t.Context(), lax, func() Pages { return b.Part() })
			if err != nil {
				t.Fatal(err)
			}
			g, err := b.Graph()
			if err != nil {
				t.Fatal(err)
			}
			if err := linkgraph.Check(g); err != nil {
				t.Error(err)
			}
			if got := show(g); got != c.want || b.Stats() != c.stats {
				t.Errorf("graph %s\nwant  %s\nstats %+v, want %+v", got, c.want, b.Stats(), c.stats)
			}
			if got := drops(report); !strings.HasPrefix(got, c.drops) || c.drops == "" && got != "" {
				t.Errorf("drops %s\nwant %s", got, c.drops)
			}
		})
	}
}

func show(g *linkgraph.Graph) string {
	var all []string
	for p := range link.Page(g.Pages()) {
		for _, e := range g.Edges(p) {
			all = append(all, strings.TrimRight(g.URL(p)+" "+g.URL(e.To)+" "+e.Rel.String(), " "))
		}
	}
	return strings.Join(all, "|")
}

// wat returns the events of a WAT file, as they are read again.
func wat(t testing.TB, in []byte, o WATOptions) (events []link.Event, _ Report, _ error) {
	var out bytes.Buffer
	n, report, err := WAT(t.Context(), "web.wat", bytes.NewReader(in), o, &out)
	for line := range bytes.Lines(out.Bytes()) {
		e, err := o.Limits.Decode(bytes.TrimSpace(line), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)) // a page's time is its WARC-Date, whatever that is
		if err != nil {
			t.Fatalf("event %s: %v", line, err)
		}
		events = append(events, e)
	}
	if int(n) != len(events) {
		t.Fatalf("%d events counted, %d written", n, len(events))
	}
	return events, report, err
}

var watLax = WATOptions{Limits: link.DefaultLimits(), Source: "https://commoncrawl.org/"}

func TestWAT(t *testing.T) {
	in, err := os.ReadFile(filepath.Join("testdata", "web.wat"))
	if err != nil {
		t.Fatal(err)
	}
	events, report, err := wat(t, in, watLax)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events {
		var links []string
		for _, l := range e.Links {
			links = append(links, strings.TrimRight(l.URL+" "+l.Rel.String(), " "))
		}
		got = append(got, strings.TrimRight(e.ID[len(e.ID)-2:]+" "+e.Time.Format("05")+" "+strings.TrimPrefix(e.Type.String(), "freshrank.page.")+" "+e.URL+" "+e.Target+strings.Join(links, ", "), " "))
	}
	want := []string{
		"02 02 crawled http://a.example/ http://b.example/, http://c.example/ nofollow",
		"03 03 crawled http://b.example/dir/page?q http://c.example/w, http://c.example/x/?z, http://c.example/y",
		"04 04 crawled http://c.example/ http://c.example/in nofollow",
		"05 05 crawled http://c.example/paper.pdf",
		"06 06 alias http://d.example/old http://d.example/new",
		"09 09 gone http://e.example/gone",
		"10 10 gone http://e.example/gone2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("events\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, want := range []string{
		`2 × URL of another scheme than http and https, first: web.wat, record 3: not a page's URL "mailto:a@a.example"`,
		"1 × page that is redirected to itself, first: web.wat, record 8", "1 × redirect without a Location", "303, 307, 308, 404, 410, first: web.wat, record 12: HTTP status \"503\"",
		"1 × page without the time of its crawl, first: web.wat, record 14: no time of a crawl \"yesterday\"",
		"1 × record that is no JSON", "first: web.wat, record 15",
	} {
		if !strings.Contains(drops(report), want) {
			t.Errorf("report lacks %s:\n%s", want, drops(report))
		}
	}
}
