// Package freshrank holds the tests of the house as a whole.
package freshrank

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "freshrank/"

// mayImport says, for each folder with Go code, which of our packages its
// non-test code may import: a folder, or everything below one with "/…". Layers
// never import each other; they meet at the topic (pagerank/link) and the tables
// (migrations).
var mayImport = map[string][]string{
	"pagerank/link":         {},
	"pagerank/parallel":     {},
	"pagerank/hugepages":    {},
	"pagerank/csr":          {"pagerank/link", "pagerank/parallel"},
	"pagerank/linkgraph":    {"pagerank/link", "pagerank/csr", "pagerank/parallel", "pagerank/hugepages"},
	"pagerank":              {"pagerank/link", "pagerank/csr", "pagerank/linkgraph", "pagerank/parallel"},
	"pagerank/incremental":  {"pagerank/link", "pagerank/csr", "pagerank/linkgraph", "pagerank/parallel", "pagerank/hugepages", "pagerank"},
	"pagerank/pageranktest": {"pagerank/…"},

	"batch":   {"pagerank/…"},
	"speed":   {"pagerank/…"},
	"serving": {"pagerank/…"},

	"batch/…":   {"batch", "pagerank/…"},
	"speed/…":   {"speed", "pagerank/…"},
	"serving/…": {"serving", "pagerank/…"},

	// The file format has parts of its own: where objects are, and how they are decoded.
	"batch/linkfile":       {"batch", "batch/linkfile/…", "pagerank/…"},
	"batch/linkfile/chunk": {},
	"batch/linkfile/store": {},

	"migrations":   {},
	"migrations/…": {"migrations/…"},

	"cmd/freshrank/…": {"…"},
}

// testsMayImport is open to every test besides; so is all of its own layer.
var testsMayImport = []string{"pagerank/pageranktest", "migrations/migrationstest"}

// soleHome names who alone may import a module, test code aside.
var soleHome = map[string][]string{
	// Nothing asks for what an event or a question names: there is no client beside
	// those of buckets, of our own API and of the download of Postgres.
	"net/http": {
		"serving/api", "batch/linkfile/store", "migrations/localpg", "cmd/freshrank", "cmd/freshrank/internal/client",
	},
	"github.com/apache/arrow/":       {"batch/linkfile"},
	"github.com/minio/":              {"batch/linkfile/store"},
	"github.com/robfig/cron/":        {"batch/schedule"},
	"github.com/go-chi/":             {"serving/api"},
	"github.com/danielgtaylor/huma/": {"serving/api"},
	"github.com/segmentio/kafka-go": {
		"batch/archive", "speed/feed", "serving/submit", "migrations/topics", "cmd/freshrank/internal/…",
	},
	"github.com/twmb/franz-go/":  {"migrations/locallog"},
	"github.com/alecthomas/kong": {"cmd/freshrank", "cmd/freshrank/internal/…"},
	"github.com/pressly/goose/":  {"migrations"},
	"github.com/jackc/pgx/": {
		"batch/view", "speed/view", "serving/view", "migrations", "migrations/…", "cmd/freshrank", "cmd/freshrank/internal/…",
	},
}

// TestImports holds the import table of docs/architecture.md. It reads the files
// itself: asking the go command would be answered from the test cache.
func TestImports(t *testing.T) {
	files := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		files++
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder := path.Dir(filepath.ToSlash(file))
		test := strings.HasSuffix(file, "_test.go") || strings.HasSuffix(folder, "test")
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			checkImport(t, file, folder, name, test)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d Go files were found: the walk misses the code", files)
	}
}

func checkImport(t *testing.T, file, folder, name string, test bool) {
	t.Helper()
	if ours, ok := strings.CutPrefix(name, module); ok {
		allowed, known := rule(folder)
		switch {
		case folder == ".": // this package: tests only, they may see everything
		case !known:
			t.Errorf("%s: folder %s has no row in the import table", file, folder)
		case ours == folder, matches(allowed, ours):
		case test && (matches(testsMayImport, ours) || layer(ours) == layer(folder)):
		default:
			t.Errorf("%s imports %s, which the import table does not allow %s", file, ours, folder)
		}
		return
	}
	for prefix, homes := range soleHome {
		if strings.HasPrefix(name, prefix) && !test && !matches(homes, folder) {
			t.Errorf("%s imports %s, whose sole home is %s", file, name, strings.Join(homes, ", "))
		}
	}
}

// rule returns what a folder may import: its own row, or that of the nearest
// folder above with "/…".
func rule(folder string) ([]string, bool) {
	if allowed, ok := mayImport[folder]; ok {
		return allowed, true
	}
	for dir := folder; dir != "."; dir = path.Dir(dir) {
		if allowed, ok := mayImport[dir+"/…"]; ok {
			return allowed, true
		}
	}
	return nil, false
}

func layer(folder string) string {
	top, _, _ := strings.Cut(folder, "/")
	return top
}

func matches(patterns []string, folder string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		below, tree := strings.CutSuffix(p, "…")
		return p == folder || tree && (strings.HasPrefix(folder+"/", below))
	})
}
