package acceptance

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"freshrank/cmd/freshrank/internal/processtest"
)

// envCache names a folder in which what is made up is kept from run to run. It is to
// be emptied when the generator changes.
const envCache = "FRESHRANK_TEST_CACHE"

// input is a made-up web and what a crawler of it reports.
type input struct {
	pages, links int
	dir          string
}

func newInput(t *testing.T, pages, links int) *input {
	t.Helper()
	dir := os.Getenv(envCache)
	if dir == "" {
		dir = t.TempDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return &input{pages, links, dir}
}

// generate is the command that makes a part of it up. Times lie in the past, and those
// of a feed of a higher number after those of a lower one.
func (in *input) generate(what string, args ...string) *exec.Cmd {
	args = append([]string{"generate", what, "--pages", strconv.Itoa(in.pages), "--links", strconv.Itoa(in.links)}, args...)
	cmd := exec.Command(processtest.Program, args...)
	cmd.Stderr = os.Stderr
	return cmd
}

func (in *input) feed(number, events int) *exec.Cmd {
	start := time.Date(2025, 1, 10*number, 0, 0, 0, 0, time.UTC)
	return in.generate("feed", "--number", strconv.Itoa(number), "--events", strconv.Itoa(events), "--start", start.Format(time.RFC3339))
}

// web returns the CSV file of the links, packed with gzip.
func (in *input) web(t *testing.T) string {
	t.Helper()
	return in.kept(t, fmt.Sprintf("web-%d-%d.csv.gz", in.pages, in.links), in.generate("graph"), true)
}

// events returns the file of the first feed's events, one a line.
func (in *input) events(t *testing.T, events int) string {
	t.Helper()
	return in.kept(t, fmt.Sprintf("feed-%d-%d-%d.ndjson", in.pages, in.links, events), in.feed(1, events), false)
}

// kept returns the file of that name in the cache; what make prints is put there first if
// there is none.
func (in *input) kept(t *testing.T, name string, make *exec.Cmd, pack bool) string {
	t.Helper()
	path := filepath.Join(in.dir, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	began := time.Now()
	partial, err := os.Create(path + ".partial")
	if err != nil {
		t.Fatal(err)
	}
	defer partial.Close()
	var out io.WriteCloser = partial
	if pack {
		if out, err = gzip.NewWriterLevel(partial, gzip.BestSpeed); err != nil {
			t.Fatal(err)
		}
	}
	make.Stdout = out
	if err := make.Run(); err != nil {
		t.Fatalf("%v: %v", make.Args, err)
	}
	if pack {
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(partial.Name(), path); err != nil {
		t.Fatal(err)
	}
	t.Logf("made %s in %s", name, seconds(time.Since(began)))
	return path
}
