package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// TestImportFormats: every format from a file, as a user would call it.
func TestImportFormats(t *testing.T) {
	sample := func(name string) string { return filepath.Join("internal", "importer", "testdata", name) }
	for _, args := range [][]string{
		{"csv", sample("web.csv")}, {"tsv", sample("web.tsv")}, {"parquet", sample("web.parquet")},
		{"edgelist", sample("web.txt")}, {"commoncrawl", sample("web-vertices.txt"), sample("web-edges.txt")},
	} {
		t.Run(args[0], func(t *testing.T) {
			r := freshrank(t, "", append(append([]string{"import"}, args...), "--data", t.TempDir(), "--progress=none", "--json")...)
			var s importSummary
			if err := json.Unmarshal([]byte(r.out), &struct{ Pages, Links *int64 }{&s.Pages, &s.Links}); err != nil || r.code != 0 || s.Pages != 3 || s.Links != 4 {
				t.Errorf("code %d, error %v, stdout %s, stderr %s", r.code, err, r.out, r.errors)
			}
		})
	}
}

// TestImportSaysWhatItDropped in the summary, and fails over it only if told to.
func TestImportSaysWhatItDropped(t *testing.T) {
	const in = "http://a.example/,http://b.example/\nhttp://a.example/,mailto:x@y\nhttp://a.example/,/b\n"
	const first = `line 2: not a page's URL "mailto:x@y"`
	r := freshrank(t, in, "import", "csv", "-", "--data", t.TempDir(), "--progress=none")
	if r.code != 0 || !strings.Contains(r.out, "dropped 1 × URL of another scheme than http and https, first: standard input, "+first) || !strings.Contains(r.out, "dropped 1 × relative URL") {
		t.Errorf("code %d, stdout %s, stderr %s", r.code, r.out, r.errors)
	}
	r = freshrank(t, in, "import", "csv", "-", "--data", t.TempDir(), "--progress=none", "--json")
	if !strings.Contains(r.out, `"dropped":[{"reason":"URL of another scheme than http and https","count":1,"first":"standard input, line 2`) {
		t.Errorf("stdout %s", r.out)
	}
	if r = freshrank(t, in, "import", "csv", "-", "--data", t.TempDir(), "--progress=none", "--strict"); r.code != 2 || !strings.Contains(r.errors, first) {
		t.Errorf("strict: code %d, stderr %s", r.code, r.errors)
	}
}

// TestImportWATWritesEvents that submit takes, to standard output or a file.
func TestImportWATWritesEvents(t *testing.T) {
	sample := filepath.Join("internal", "importer", "testdata", "web.wat")
	r := freshrank(t, "", "import", "wat", sample, sample, "--progress=none")
	if r.code != 0 || strings.Count(r.out, "\n") != 14 || !strings.Contains(r.errors, "made 14 events") || !strings.Contains(r.errors, "dropped 2 × record that is no JSON") {
		t.Errorf("code %d, stdout %s, stderr %s", r.code, r.out, r.errors)
	}
	file := filepath.Join(t.TempDir(), "events.ndjson")
	if r := freshrank(t, "", "import", "wat", sample, "-o", file, "--progress=none", "--json"); r.code != 0 || !strings.Contains(r.out, `{"events":7,"dropped":[{`) {
		t.Errorf("code %d, stdout %s, stderr %s", r.code, r.out, r.errors)
	}
	if r := freshrank(t, "WARC/1.0\n\n", "import", "wat", "-", "--progress=none"); r.code != 2 || !strings.Contains(r.errors, "standard input, record 1: a record without Content-Length") {
		t.Errorf("code %d, stderr %s", r.code, r.errors)
	}
}
