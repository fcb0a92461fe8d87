package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"freshrank/cmd/freshrank/internal/boot"
)

type result struct {
	code        int
	out, errors string
}

func freshrank(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return result{code, out.String(), errs.String()}
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBadInput: each ends with the right exit code and names the thing, the
// value and the fix.
func TestBadInput(t *testing.T) {
	closed := func() string { // a port that nothing listens on
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		return ln.Addr().String()
	}()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	newer := t.TempDir()
	if err := os.WriteFile(filepath.Join(newer, "freshrank.json"), []byte(`{"format": 99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	pg := "postgres://u:hunter2@" + closed + "/d"
	data := "--data=" + filepath.Join(t.TempDir(), "data")
	for _, c := range []struct {
		name  string
		stdin string
		args  []string
		want  []string
	}{
		{"unknown command", "", []string{"rnak"}, []string{"rnak"}},
		{"unknown flag", "", []string{"up", "--dampign=0.5"}, []string{"--dampign", "--damping"}},
		{"half a command", "", []string{"bench"}, []string{"rank", "speed"}},
		{"rank nothing", "# nothing\n", []string{"rank", "-"}, []string{"nothing to rank"}},
		{"rank no file", "", []string{"rank", "/does/not/exist"}, []string{"/does/not/exist"}},
		{"rank a word", "1 2\n3 four\n", []string{"rank", "-"}, []string{"line 2", `"four"`}},
		{"rank any folder", "", []string{"rank", t.TempDir()}, []string{"freshrank.json"}},
		{"rank into what", "1 2\n", []string{"rank", "-", "-o", "ranks.xls"}, []string{"ranks.xls", ".parquet"}},
		{"rank into no folder", "1 2\n", []string{"rank", "-", "-o", "/does/not/exist.parquet"}, []string{"/does/not/exist.parquet"}},
		{"rank too closely", "1 2\n", []string{"rank", "-", "--tolerance=-1"}, []string{"tolerance -1"}},
		{"rank with damping 0", "1 2\n", []string{"rank", "-", "--damping=0"}, []string{"damping 0"}},
		{"bench half a graph", "", []string{"bench", "rank", "--graph=kron:20"}, []string{"kron:SCALE:DEGREE"}},
		{"bench no rounds", "", []string{"bench", "rank", "--graph=kron:5:5", "--rounds=0"}, []string{"rounds 0"}},
		{"bench no events", "", []string{"bench", "speed", "--graph=kron:5:5", "--events=none"}, []string{"events", `"none"`}},
		{"bench another mix", "", []string{"bench", "speed", "--graph=kron:5:5", "--mix=shake"}, []string{"mix shake"}},
		{"bench too many events", "", []string{"bench", "speed", "--graph=kron:5:5", "--events=1M"}, []string{"events 1000000"}},
		{"bench no crawl", "", []string{"bench", "speed", "--graph=uniform:5:1", "--mix=crawl"}, []string{"mix crawl"}},
		{"unknown config key", "", []string{"config", "check", "--config", write(t, "f.yaml", "dampign: 0.5\n")}, []string{"dampign", "damping?"}},
		{"several values at once", "", []string{"up", data, "--damping=2", "--keep=0"}, []string{"damping 2", "keep 0"}},
		{"not a number", "", []string{"config", "check", "--keep=many"}, []string{"--keep", "many"}},
		{"schedule", "", []string{"config", "check", "--schedule=* * *"}, []string{`schedule "* * *"`, "five"}},
		{"edge list with a word", "1 2\n3 four\n", []string{"import", "edgelist", "-", data}, []string{"line 2", `"four"`, "two page numbers"}},
		{"CSV with a bad URL", "source,target\nhttp://a.example/,mailto:b@c\n", []string{"import", "csv", "-", data}, []string{"line 2", "mailto:b@c"}},
		{"empty graph", "# nothing\n", []string{"import", "edgelist", "-", data}, []string{"no pages"}},
		{"graph without links", "1 1\n2 2\n", []string{"import", "edgelist", "-", data}, []string{"no links", "2 self-links"}},
		{"no such file", "", []string{"import", "csv", "/does/not/exist", data}, []string{"/does/not/exist"}},
		{"newer data folder", "", []string{"up", "--data", newer}, []string{newer, "99", "upgrade"}},
		{"newer data folder, import", "1 2", []string{"import", "edgelist", "-", "--data", newer}, []string{"99"}},
		{"no database", "", []string{"serve", data, "--brokers=" + closed}, []string{"database", "--database"}},
		{"no brokers", "", []string{"speed", data, "--database", pg}, []string{"brokers", "--brokers"}},
		{"Postgres unreachable", "", []string{"serve", data, "--wait=0s", "--database", pg, "--brokers", closed}, []string{closed, "REDACTED", "cannot be reached"}},
		{"address in use", "", []string{"up", "--listen", taken.Addr().String(), "--data", t.TempDir()}, []string{taken.Addr().String(), "--listen"}},
		{"replay of nothing in particular", "", []string{"dlq", "replay", data, "--brokers", closed}, []string{"--valid", "--all"}},
		{"dead letters of no log", "", []string{"dlq", "list", data}, []string{"brokers", "--brokers"}},
		{"dead letters of a log that is away", "", []string{"dlq", "list", data, "--brokers", closed}, []string{closed, "--topic"}},
		{"fewer than no dead letters", "", []string{"dlq", "list", data, "--brokers", closed, "--limit=-1"}, []string{"limit -1"}},
		{"verify without a folder", "", []string{"verify", data}, []string{"data folder", "--data"}},
		{"submit to no URL", "", []string{"submit", "-", "--api=nowhere"}, []string{"nowhere", "http://"}},
		{"submit with no key", "", []string{"submit", "-", "--key=hunter2"}, []string{"key REDACTED", "keys create"}},
		{"key for nothing", "", []string{"keys", "create", "x", "--scopes=root", data}, []string{"scopes root", "read, submit, admin"}},
		{"key for the same twice", "", []string{"keys", "create", "x", "--scopes=read,read", data}, []string{"scopes read,read"}},
		{"key at what rate", "", []string{"keys", "create", "x", "--scopes=read", "--rate=-1", data}, []string{"rate -1"}},
		{"key of nobody", "", []string{"keys", "create", " ", "--scopes=read", data}, []string{"name"}},
		{"key at next to no rate", "", []string{"keys", "create", "x", "--scopes=read", "--rate=1e-12", data}, []string{"rate 1e-12"}},
		{"key of a name turned around", "", []string{"keys", "create", "x\u202ey", "--scopes=read", data}, []string{"name", `\u202e`}},
		{"keys without a folder", "", []string{"keys", "list", data}, []string{"data folder", "--data"}},
		{"output in no folder", "", []string{"generate", "graph", "-o", "/does/not/exist"}, []string{"/does/not/exist"}},
		{"half of TLS", "", []string{"serve", "--tls-key=k.pem", data}, []string{"tls-cert", `"k.pem"`, "together"}},
		{"demo over TLS", "", []string{"up", "--demo", "--tls-key=k.pem", "--tls-cert=c.pem", data}, []string{"tls-cert c.pem", "--demo-rate 0"}},
		{"TLS with the embedded log", "", []string{"up", "--kafka-tls", "--listen=127.0.0.1:0", "--data", t.TempDir()}, []string{"kafka-tls", "--brokers"}},
		{"generate a word", "", []string{"generate", "graph", "--pages=many"}, []string{"--pages", `"many"`, "10M"}},
		{"generate one page", "", []string{"generate", "graph", "--pages=1"}, []string{"pages 1"}},
		{"generate no events", "", []string{"generate", "feed", "--events=0"}, []string{"--events", `"0"`}},
		{"demo of nothing", "", []string{"up", "--demo-pages=1", data}, []string{"demo-pages 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := freshrank(t, c.stdin, c.args...)
			if r.code != boot.ExitUsage {
				t.Errorf("exit code %d, want 2", r.code)
			}
			for _, w := range c.want {
				if !strings.Contains(r.errors, w) {
					t.Errorf("stderr %q lacks %q", r.errors, w)
				}
			}
			if strings.Contains(r.errors, "hunter2") {
				t.Errorf("stderr shows the password: %s", r.errors)
			}
			if r.out != "" {
				t.Errorf("stdout %q, want none", r.out)
			}
		})
	}
	if _, err := os.Stat(strings.TrimPrefix(data, "--data=")); err == nil {
		if entries, _ := os.ReadDir(strings.TrimPrefix(data, "--data=")); len(entries) > 0 {
			t.Errorf("bad input left something in the data folder: %v", entries)
		}
	}
}

func TestImportOnceAndOnly(t *testing.T) {
	data := t.TempDir()
	r := freshrank(t, "# SNAP\n1 2\n1 2\n2 3\n3 3\n", "import", "edgelist", "-", "--data", data, "--prefix", "web.example", "--progress", "none")
	if r.code != 0 || !strings.HasPrefix(r.out, "imported 3 pages and 2 links into") ||
		!strings.Contains(r.out, "dropped 1 duplicates and 1 self-links") {
		t.Errorf("code %d, stdout %q, stderr %q", r.code, r.out, r.errors)
	}
	if r := freshrank(t, "1 2", "import", "edgelist", "-", "--data", data); r.code != 2 || !strings.Contains(r.errors, "has a graph already") {
		t.Errorf("a second import: code %d, stderr %q", r.code, r.errors)
	}
	lock, err := boot.Acquire(data)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Release() }()
	if r := freshrank(t, "", "up", "--data", data); r.code != 75 || !strings.Contains(r.errors, data) || !strings.Contains(r.errors, fmt.Sprint(os.Getpid())) {
		t.Errorf("a second instance: code %d, stderr %q", r.code, r.errors)
	}
}

// TestGeneratedGraphImports: what generate writes, import reads.
func TestGeneratedGraphImports(t *testing.T) {
	for _, format := range []string{"csv", "edgelist"} {
		g := freshrank(t, "", "generate", "graph", "--pages=300", "--links=3000", "--format", format)
		if g.code != 0 {
			t.Fatal(g.errors)
		}
		if again := freshrank(t, "", "generate", "graph", "--pages=0.3k", "--links=3k", "--format", format); again.out != g.out {
			t.Errorf("%s: the same seed gives another graph", format)
		}
		r := freshrank(t, g.out, "import", format, "-", "--data", t.TempDir(), "--progress", "json")
		if r.code != 0 || !strings.Contains(r.out, "and 3000 links") || !strings.Contains(r.out, "dropped 0 duplicates and 0 self-links") {
			t.Errorf("%s: code %d, stdout %q, stderr %q", format, r.code, r.out, r.errors)
		}
	}
}

func TestGenerateFeedIsRepeatable(t *testing.T) {
	args := []string{"generate", "feed", "--pages=300", "--links=3000", "--events=50", "--start=2025-01-02T03:04:05Z"}
	a, b := freshrank(t, "", args...), freshrank(t, "", args...)
	if a.code != 0 || strings.Count(a.out, "\n") != 50 || a.out != b.out {
		t.Errorf("code %d, %d lines, repeatable %v: %s", a.code, strings.Count(a.out, "\n"), a.out == b.out, a.errors)
	}
}

func TestConfigPrintNamesSources(t *testing.T) {
	t.Setenv("FRESHRANK_KEEP", "5")
	r := freshrank(t, "", "config", "print", "--damping=0.9", "--config", write(t, "f.yaml", "max-links: 7\n"), "--database=postgres://u:hunter2@h/d")
	if r.code != 0 || strings.Contains(r.out, "hunter2") {
		t.Fatalf("code %d: %s%s", r.code, r.out, r.errors)
	}
	for _, line := range []string{"damping: 0.9  # flag", "keep: 5  # environment", "max-links: 7  # file", "tolerance: 1e-09  # default"} {
		if !strings.Contains(r.out, line+"\n") {
			t.Errorf("output lacks %q:\n%s", line, r.out)
		}
	}
}

func TestUnknownVariableIsRefused(t *testing.T) {
	t.Setenv("FRESHRANK_KEPE", "5")
	if r := freshrank(t, "", "config", "check"); r.code != 2 || !strings.Contains(r.errors, "FRESHRANK_KEEP?") {
		t.Errorf("code %d: %s", r.code, r.errors)
	}
}

// TestEveryCommandHasHelpWithAnExample walks the whole command line.
func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	parser, err := newParser(&bytes.Buffer{}, &bytes.Buffer{}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(false) {
		path := strings.Fields(leaf.FullPath())[1:]
		var args []string
		for _, p := range path {
			if !strings.HasPrefix(p, "<") && !strings.HasPrefix(p, "[") {
				args = append(args, p)
			}
		}
		r := freshrank(t, "", append(args, "--help")...)
		if r.code != 0 || !strings.Contains(r.out, "Example:") {
			t.Errorf("%v: code %d, help without an example:\n%s%s", args, r.code, r.out, r.errors)
		}
	}
}

func TestVerifyRandom(t *testing.T) {
	r := freshrank(t, "", "verify", "--random=20", "--seed=3")
	if r.code != 0 || !strings.Contains(r.out, "ok: batch(o) + speed(o..p) = batch(p) = truth") {
		t.Errorf("code %d: %s%s", r.code, r.out, r.errors)
	}
	if r := freshrank(t, "", "verify", "--random=5", "--json"); r.code != 0 || !strings.Contains(r.out, `"sequences":5`) {
		t.Errorf("code %d: %s%s", r.code, r.out, r.errors)
	}
}

func TestVersion(t *testing.T) {
	if r := freshrank(t, "", "version"); r.code != 0 || !strings.HasPrefix(r.out, "freshrank ") {
		t.Errorf("code %d: %q", r.code, r.out)
	}
	if r := freshrank(t, "", "version", "--json"); !strings.Contains(r.out, `"go":"go1`) {
		t.Errorf("%q", r.out)
	}
}

func TestInterruptedImportChangesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	data := filepath.Join(t.TempDir(), "data")
	code := run(ctx, []string{"import", "edgelist", "-", "--data", data}, strings.NewReader(strings.Repeat("1 2\n", 1<<17)), &out, &errs)
	if _, err := os.Stat(data); code != 1 || err == nil {
		t.Errorf("code %d, stderr %q, folder there: %v", code, errs.String(), err == nil)
	}
}
