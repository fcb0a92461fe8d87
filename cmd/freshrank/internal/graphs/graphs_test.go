package graphs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"freshrank/cmd/freshrank/internal/progress"
	"freshrank/pagerank/link"
)

func TestParseSize(t *testing.T) {
	for s, want := range map[string]int{"1": 1, "300k": 300_000, "2.5M": 2_500_000, "1G": 1_000_000_000, "0.1k": 100, "1e3": 1000} {
		if got, err := ParseSize(s); got != want || err != nil {
			t.Errorf("%s: %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "k", "-1", "0", "0.1", "1T", "NaN", "1e300", "10 M"} {
		if got, err := ParseSize(s); err == nil {
			t.Errorf("%q: %d", s, got)
		}
	}
}

func TestParseSpec(t *testing.T) {
	for s, want := range map[string]Spec{
		"kron:20:16":           {Kind: "kron", A: 20, B: 16},
		"uniform:3:1":          {Kind: "uniform", A: 3, B: 1},
		"web:10M:100M":         {Kind: "web", A: 10_000_000, B: 100_000_000},
		"web-shuffled:300k:3M": {Kind: "web-shuffled", A: 300_000, B: 3_000_000},
		"web.txt":              {Path: "web.txt"},
		"./kron:1":             {Path: "./kron:1"},
		"-":                    {Path: "-"},
	} {
		if got, err := ParseSpec(s); got != want || err != nil {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
	for s, want := range map[string]string{
		"kron:20": "kron:20:16", "kron:31:16": "scale", "kron:20:16:1": `"16:1"`, "web:1:5": "2 to", "uniform:5:1M": "4096", "web:x:y": `"x"`,
	} {
		if _, err := ParseSpec(s); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), s) {
			t.Errorf("%s: error %v, want one with %s", s, err, want)
		}
	}
}

func load(t *testing.T, name, content string) (*Graph, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return Source{
		Spec: Spec{Path: path}, Policy: link.DropMarked, MaxURL: 2048, Meter: progress.New(os.Stderr, progress.None),
	}.Load(t.Context())
}

// TestEdgeList: pages are the numbers that occur, in their order, be it in a link of a
// page to itself.
func TestEdgeList(t *testing.T) {
	g, err := load(t, "e.txt", "# from to\n10 70\n10 70\n70 10\n4000000000 4000000000\n5 10\n")
	if err != nil {
		t.Fatal(err)
	}
	var numbers []uint32
	for p := range g.Out.Pages() {
		numbers = append(numbers, g.Number(p))
	}
	if !slices.Equal(numbers, []uint32{5, 10, 70, 4000000000}) || g.Pages() != 4 || g.Dropped != 1 || g.SelfLoops != 1 ||
		!slices.Equal(g.Out.Start, []uint64{0, 1, 2, 3, 3}) || !slices.Equal(g.Out.Target, []uint32{1, 2, 1}) {
		t.Errorf("pages %v, graph %+v", numbers, g)
	}
	dense, err := load(t, "e.txt", "0 1\n1 2\n")
	if err != nil || dense.numbers != nil || dense.Number(2) != 2 {
		t.Errorf("%+v, %v", dense, err)
	}
	for _, none := range []string{"", "# nothing\n", "3 3\n"} {
		if _, err := load(t, "e.txt", none); err == nil || !strings.Contains(err.Error(), "nothing to rank") {
			t.Errorf("%q: error %v", none, err)
		}
	}
}

func TestCSV(t *testing.T) {
	g, err := load(t, "links.csv", "source,target,rel\nhttp://a.example/,http://b.example/,\nhttp://b.example/,http://c.example/,nofollow\n")
	if err != nil {
		t.Fatal(err)
	}
	// c.example is no page: a link that is marked brings none.
	if url, ok := g.URL(1); g.Pages() != 2 || g.Out.Links() != 1 || !ok || url != "http://b.example/" {
		t.Errorf("%d pages, %d links, page 1 is %s", g.Pages(), g.Out.Links(), url)
	}
}
