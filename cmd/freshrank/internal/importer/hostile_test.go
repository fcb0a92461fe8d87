package importer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"freshrank/pagerank/link"
)

// TestResolve: the examples of RFC 3986, 5.4.1 and 5.4.2, and what browsers do besides.
func TestResolve(t *testing.T) {
	for ref, want := range map[string]string{
		"g": "http://a/b/c/g", "./g": "http://a/b/c/g", "g/": "http://a/b/c/g/", "/g": "http://a/g", "//g": "http://g/",
		"?y": "http://a/b/c/d;p?y", "g?y": "http://a/b/c/g?y", "#s": "http://a/b/c/d;p?q", "g#s": "http://a/b/c/g", "g?y#s": "http://a/b/c/g?y",
		";x": "http://a/b/c/;x", "g;x": "http://a/b/c/g;x", "g;x?y#s": "http://a/b/c/g;x?y", "": "http://a/b/c/d;p?q", ".": "http://a/b/c/",
		"./": "http://a/b/c/", "..": "http://a/b/", "../": "http://a/b/", "../g": "http://a/b/g", "../..": "http://a/", "../../g": "http://a/g",
		"../../../g": "http://a/g", "/./g": "http://a/g", "/../g": "http://a/g", "g.": "http://a/b/c/g.", "..g": "http://a/b/c/..g",
		"./../g": "http://a/b/g", "g/./h": "http://a/b/c/g/h", "g;x=1/../y": "http://a/b/c/y", "g?y/./x": "http://a/b/c/g?y/./x",
		" \n/g\t": "http://a/g", "\\g": "http://a/g", "\\\\g\\h": "http://g/h", "HTTPS://g": "https://g/", "h\nttp://g": "http://g/", "1:2": "http://a/b/c/1:2",
	} {
		if got, err := link.CanonicalURL(resolve("http://a/b/c/d;p?q", ref), 2048); err != nil || got != want {
			t.Errorf("%q leads to %q, %v: want %q", ref, got, err, want)
		}
	}
	if got := resolve("http://a/b", "mailto:c"); got != "mailto:c" {
		t.Errorf("another scheme: %q", got)
	}
}

// TestDamagedWAT: wherever a file is cut, the events before are made, and the error
// names the record.
func TestDamagedWAT(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join("testdata", "web.wat"))
	if err != nil {
		t.Fatal(err)
	}
	all, _, err := wat(t, whole, watLax)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 1; cut < len(whole)-4; cut += 7 {
		events, _, err := wat(t, whole[:cut], watLax)
		var bad *InputError
		if err != nil && (!errors.As(err, &bad) || bad.Line < 1 || bad.Unit != "record") {
			t.Fatalf("cut at %d: error %v", cut, err)
		}
		if err == nil && len(events) == len(all) && cut < len(whole)/2 || len(events) > len(all) {
			t.Fatalf("cut at %d: %d events", cut, len(events))
		}
	}
	for in, want := range map[string]string{
		"no WARC": "no beginning of a record", "WARC/1.0\nContent-Type: a\n\n": "without Content-Length",
		"WARC/1.0\nContent-Length: many\n\n":                       "no number",
		"WARC/1.0\nA: " + strings.Repeat("b", 1<<17):               "longer than",
		"WARC/1.0\n" + strings.Repeat("A: b\n", 1<<15):             "longer than",
		strings.Repeat("\n", 1<<17):                                "no beginning",
		"WARC/1.0\nContent-Length: 4611686018427387903\n\nab":      "ends within",
		"WARC/1.0\nContent-Type: application/json\nContent-Length": "ends within",
	} {
		if _, _, err := wat(t, []byte(in), watLax); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: error %v, want %q", in, err, want)
		}
	}
}

// TestWATLimits: what an event may not be is left out and counted.
func TestWATLimits(t *testing.T) {
	record := func(json string) []byte {
		return fmt.Appendf(nil, "WARC/1.0\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s\r\n\r\n", len(json), json)
	}
	page := func(links string) []byte {
		return record(`{"Envelope":{"WARC-Header-Metadata":{"WARC-Type":"response","WARC-Date":"2024-05-18T01:58:10Z","WARC-Record-ID":"<a>","WARC-Target-URI":"http://a.example/"},` +
			`"Payload-Metadata":{"HTTP-Response-Metadata":{"Response-Message":{"Status":"200"},"HTML-Metadata":{"Links":[` + links + `]}}}}}`)
	}
	many := make([]string, 6000)
	for i := range many {
		many[i] = fmt.Sprintf(`{"path":"A@/href","url":"/%d"}`, i)
	}
	events, report, err := wat(t, bytes.Join([][]byte{
		page(strings.Join(many, ",")), record(strings.Repeat("[", 1<<20)), record(`"` + strings.Repeat("x", maxRecord) + `"`), page(`{"path":"A@/href","url":"/1"}`),
	}, nil), watLax)
	if err != nil || len(events) != 1 || len(events[0].Links) != 1 {
		t.Errorf("events %v, error %v", events, err)
	}
	for _, want := range []string{"1 × page with more links", "1 × record that is no JSON", "1 × record that is too long, first: web.wat, record 3"} {
		if !strings.Contains(drops(report), want) {
			t.Errorf("report lacks %s: %s", want, drops(report))
		}
	}
}

// TestStrictWAT: a URL that no page can have is a fault, a server's error is none.
func TestStrictWAT(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join("testdata", "web.wat"))
	if err != nil {
		t.Fatal(err)
	}
	strict := watLax
	strict.Strict = true
	var bad *InputError
	if _, _, err := wat(t, whole, strict); !errors.As(err, &bad) || bad.Line != 3 || !strings.Contains(err.Error(), `web.wat, record 3: not a page's URL "mailto:a@a.example"`) {
		t.Errorf("error %v", err)
	}
	records := bytes.SplitAfter(whole, []byte("\r\n\r\nWARC/1.0\r\n"))
	failed := append([]byte("WARC/1.0\r\n"), bytes.TrimSuffix(records[11], []byte("WARC/1.0\r\n"))...)
	if events, report, err := wat(t, failed, strict); err != nil || len(events) != 0 || report.Dropped() != 1 {
		t.Errorf("%d events, drops %s, error %v", len(events), drops(report), err)
	}
}

// TestDamagedParquet: no byte of a file that is another one makes the reader panic. Some keep
// the decoder for ever; what has a deadline then returns at it all the same.
func TestDamagedParquet(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join("testdata", "web.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "web.parquet")
	read := func(b []byte) error {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := Parquet(ctx, name, lax, new(web).start, nil)
		var bad *InputError
		if err != nil && !errors.As(err, &bad) && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v", err)
		}
		return err
	}
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= byte(1 + i%255)
		if err := read(b); errors.Is(err, context.DeadlineExceeded) {
			t.Logf("byte %d keeps the reader for ever", i)
		}
		if i%5 == 0 && read(whole[:i]) == nil {
			t.Errorf("%d of %d bytes were taken", i, len(whole))
		}
	}
	for name, want := range map[string]string{"-": "standard input", "testdata/none": "cannot be opened", "testdata/web.csv": "no Parquet"} {
		if _, err := Parquet(t.Context(), name, lax, new(web).start, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
