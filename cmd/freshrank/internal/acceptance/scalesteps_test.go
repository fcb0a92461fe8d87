package acceptance

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"freshrank/batch/linkfile"
)

func (b *table) importing(t *testing.T, s *stack, links int) {
	t.Helper()
	file := s.web(t)
	got, p := s.imported(t, file)
	if got < links*9/10 {
		t.Errorf("imported %d links of %d", got, links)
	}
	speed := rate(got, p.Took())
	b.add(t, "import of the links as CSV with URLs, gzip", "≥ 600,000 links/s", speed >= 600_000,
		fmt.Sprintf("%s links/s (%s)", millions(speed), seconds(p.Took())), "freshrank import csv web.csv.gz")
	b.add(t, "peak of its process", "≤ 4 GiB", p.Peak.Load() <= 4<<30, gib(p.Peak.Load()), "")
}

// batch makes generation 1 of the import and the events.
func (b *table) batch(t *testing.T, s *stack, events int) *batchRun {
	t.Helper()
	took := s.submitted(t, s.events(t, events))
	t.Logf("%d events submitted in %s", events, seconds(took))
	r := s.startBatch(t)
	r.end(t)
	if r.Generation != 1 || r.Events != events {
		t.Errorf("the run made generation %d of %d events, not 1 of %d", r.Generation, r.Events, events)
	}
	b.add(t, fmt.Sprintf("batch run: %d events archived and folded, ranked, published and indexed", events), "≤ 150 s", r.Took() <= 150*time.Second,
		fmt.Sprintf("%s (%v)", seconds(r.Took()), r.phases), "freshrank batch run")
	b.always(t, "certified error of all ranks together", "≤ 1e-9", r.Bound <= 1e-9, fmt.Sprintf("%.2g", r.Bound), "")
	b.add(t, "peak of its process", "≤ 6 GiB", r.Peak.Load() <= 6<<30, gib(r.Peak.Load()), "")
	return r
}

// disk looks at the newest graph's files.
func (b *table) disk(t *testing.T, s *stack) {
	t.Helper()
	dir, err := linkfile.Open(s.data)
	if err != nil {
		t.Fatal(err)
	}
	m, err := dir.GraphManifest(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	var links, pages int64
	for _, f := range m.Files {
		if strings.HasPrefix(f.Name, "pages") {
			pages += f.Bytes
		} else {
			links += f.Bytes
		}
	}
	aLink, aPage := float64(links)/float64(m.Links), float64(pages)/float64(m.Pages)
	b.add(t, "disk: a link, edits included", "≤ 7 bytes", aLink <= 7, fmt.Sprintf("%.2f bytes", aLink), "graph/1/manifest.json")
	b.add(t, "disk: a page, beside its URL's text", "≤ 25 bytes", aPage <= 25, fmt.Sprintf("%.1f bytes with that text", aPage), "")
}

// reading times the steps of a batch run up to its first sweep.
func (b *table) reading(t *testing.T, s *stack) {
	t.Helper()
	var r struct {
		Links        int
		LoadSeconds  float64 `json:"load_seconds"`
		BuildSeconds float64 `json:"build_seconds"`
	}
	fromJSON(t, do(t, "rank", s.data, "--json", "--progress", "none"), &r)
	speed := float64(r.Links) / (r.LoadSeconds + r.BuildSeconds)
	b.add(t, "of it: reading Parquet and building the layout", "≥ 5 M links/s", speed >= 5e6,
		fmt.Sprintf("%s links/s (%.1f and %.1f s)", millions(speed), r.LoadSeconds, r.BuildSeconds), "freshrank rank DATA --json")
}

// speed starts the speed layer on generation 1.
func (b *table) speed(t *testing.T, s *stack, o *outside) *process {
	t.Helper()
	p := spawn(t, append([]string{"speed"}, s.flags...)...)
	if !within(10*time.Minute, p, func() bool { return o.at(1) && o.api.settled() }) {
		t.Fatalf("the speed layer is not ready\n%s", p.Output)
	}
	took := time.Since(p.Began)
	b.add(t, "speed layer: from its start to its view in the answers", "≤ 30 s", took <= 30*time.Second, seconds(took), "freshrank speed")
	b.add(t, "peak of its process until then", "≤ 2.5 GiB", p.Peak.Load() <= 5<<29, gib(p.Peak.Load()), "")
	return p
}

func (b *table) duckDB(t *testing.T, s *stack, o *outside) {
	t.Helper()
	const figure, must, command = "DuckDB: Σπ = 1, rows and checksums of the manifests, top 20 of the API", "holds", "make duckdb-check"
	if !*full {
		b.note(t, figure, "SKIPPED: only with -full, it is fetched", command)
		return
	}
	out, err := exec.Command("../../../../deploy/duckdb-check/run", "--data", s.data, "--api", o.api.base).CombinedOutput()
	t.Logf("%s", out)
	switch {
	case err != nil:
		b.always(t, figure, must, false, "does not: "+err.Error(), command)
	case strings.Contains(string(out), "SKIPPED"):
		b.note(t, figure, strings.TrimSpace(string(out)), command)
	default:
		b.always(t, figure, must, true, "holds", command)
	}
}

func (b *table) verify(t *testing.T, s *stack) {
	t.Helper()
	p := spawn(t, append([]string{"verify", "--json"}, s.flags...)...)
	p.Wait(t, patience)
	var r struct {
		Pages, Events, Faults int
		MaxUse                float64 `json:"max_interval_use"`
	}
	measured := fmt.Sprintf("exit code %d", p.Cmd.ProcessState.ExitCode())
	if p.Cmd.ProcessState.Success() {
		fromJSON(t, p, &r)
		measured = fmt.Sprintf("holds: %d pages, %d events; %s, peak %s", r.Pages, r.Events, seconds(p.Took()), gib(p.Peak.Load()))
	} else {
		fmt.Fprintln(os.Stderr, p.Output)
	}
	b.always(t, "verify: every page within its interval", "holds", p.Cmd.ProcessState.Success(), measured, "freshrank verify")
}
