package acceptance

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"freshrank/batch/linkfile"
	"freshrank/cmd/freshrank/internal/graphs"
)

// The size of TestScale; see `make scale`.
var (
	scalePages = flag.String("pages", "", "pages of the web of TestScale, such as 10M")
	scaleLinks = flag.String("links", "", "its links, such as 100M")
)

// What the figures are promised for.
const (
	promisedPages = 10_000_000
	promisedLinks = 100_000_000
)

const feedRate = 2000 // events a second while a handover is watched

// scaleSize returns the size to run at. Each page has ten links if only one is given.
func scaleSize(t *testing.T) (pages, links int) {
	t.Helper()
	pages, links = count(200_000, 3_000), count(2_000_000, 30_000)
	for value, into := range map[string]*int{*scalePages: &pages, *scaleLinks: &links} {
		if value == "" {
			continue
		}
		n, err := graphs.ParseSize(value)
		if err != nil {
			t.Fatal(err)
		}
		*into = n
	}
	return pages, links
}

// TestScale takes a made-up web the whole way, import to handover, with every layer a
// process of its own, and prints what it took beside what it must take. An event comes
// for every hundredth link.
func TestScale(t *testing.T) {
	pages, links := scaleSize(t)
	b := &table{full: pages >= promisedPages && links >= promisedLinks}
	t.Cleanup(func() { fmt.Printf("\n%d pages, %d links asked for\n\n%v\n", pages, links, b) })

	tenth := newInput(t, pages/10, links/10)
	small := newStack(t, tenth)
	small.imported(t, tenth.web(t))
	small.submitted(t, tenth.events(t, links/1000))
	first := small.startBatch(t)
	first.end(t)

	in := newInput(t, pages, links)
	s := newStack(t, in)
	b.importing(t, s, links)
	r := b.batch(t, s, links/100)
	b.add(t, "growth from a tenth of the size: cost of the batch run", "≤ 11×", r.took() <= 11*first.took(),
		fmt.Sprintf("%.1f× the time, %.1f× the processor time", r.took().Seconds()/first.took().Seconds(), r.cpu.Seconds()/first.cpu.Seconds()), "")
	b.disk(t, s)
	b.reading(t, s)

	o := &outside{api: s.serve(t).api, pending: map[string]time.Time{}}
	speed := b.speed(t, s, o)
	b.duckDB(t, s, o)
	b.handover(t, s, o, speed)
	settleWithin(t, o, 10*time.Minute)
	speed.stop(t)
	b.verify(t, s)
}

func (b *table) importing(t *testing.T, s *stack, links int) {
	t.Helper()
	file := s.web(t)
	got, p := s.imported(t, file)
	if got < links*9/10 {
		t.Errorf("imported %d links of %d", got, links)
	}
	speed := rate(got, p.took())
	b.add(t, "import of the links as CSV with URLs, gzip", "≥ 600,000 links/s", speed >= 600_000,
		fmt.Sprintf("%s links/s (%s)", millions(speed), seconds(p.took())), "freshrank import csv web.csv.gz")
	b.add(t, "peak of its process", "≤ 4 GiB", p.peak.Load() <= 4<<30, gib(p.peak.Load()), "")
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
	b.add(t, fmt.Sprintf("batch run: %d events archived and folded, ranked, published and indexed", events), "≤ 150 s", r.took() <= 150*time.Second,
		fmt.Sprintf("%s (%v)", seconds(r.took()), r.phases), "freshrank batch run")
	b.always(t, "certified error of all ranks together", "≤ 1e-9", r.Bound <= 1e-9, fmt.Sprintf("%.2g", r.Bound), "")
	b.add(t, "peak of its process", "≤ 6 GiB", r.peak.Load() <= 6<<30, gib(r.peak.Load()), "")
	return r
}

// disk looks at the newest graph's files.
func (b *table) disk(t *testing.T, s *stack) {
	t.Helper()
	dir, err := linkfile.Open(s.data)
	if err != nil {
		t.Fatal(err)
	}
	m, err := dir.GraphManifest(1)
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
		t.Fatalf("the speed layer is not ready\n%s", p.output)
	}
	took := time.Since(p.began)
	b.add(t, "speed layer: from its start to its view in the answers", "≤ 30 s", took <= 30*time.Second, seconds(took), "freshrank speed")
	b.add(t, "peak of its process until then", "≤ 2.5 GiB", p.peak.Load() <= 5<<29, gib(p.peak.Load()), "")
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

// handover lets a batch run make generation 2 and the speed layer move to it, under a
// feed and under the eyes of clients.
func (b *table) handover(t *testing.T, s *stack, o *outside, speed *process) {
	t.Helper()
	var top items[rank]
	if status, err := o.api.get("/v1/top?limit=1", &top); err != nil || status != 200 {
		t.Fatalf("GET /v1/top: %d, %v", status, err)
	}
	calm := time.Duration(count(10, 2)) * time.Second // before and after
	stopFeed, stopLooking := make(chan struct{}), make(chan struct{})
	var feeding, looking sync.WaitGroup
	probes := 0
	o.began = time.Now()
	feeding.Go(func() { o.play(t, s.feed(2, 100_000_000), feedRate, stopFeed) })
	feeding.Go(func() { repeat(250*time.Millisecond, stopFeed, func() { o.probe(probes); probes++ }) })
	looking.Go(func() { repeat(25*time.Millisecond, stopLooking, func() { o.look(top.Items[0].URL) }) })
	time.Sleep(calm)
	r := s.startBatch(t)
	moved := within(15*time.Minute, speed, func() bool { return o.at(2) })
	took := time.Since(r.began)
	time.Sleep(calm)
	close(stopFeed)
	feeding.Wait()
	within(time.Minute, speed, func() bool { return o.unseen() == 0 })
	close(stopLooking)
	looking.Wait()
	missing := o.giveUp()
	r.end(t)

	held := rate(o.sent, o.fed)
	figure := fmt.Sprintf("handover at %d events/s", feedRate)
	b.add(t, figure+": events taken", "≥ 95 %", held >= .95*feedRate, fmt.Sprintf("%.0f a second for %.0f s", held, o.fed.Seconds()), "POST /v1/events")
	b.always(t, figure+": the speed layer moved to the new generation", "yes", moved,
		fmt.Sprintf("%v, %s after the run's start", moved, seconds(took)), "freshrank batch run")
	fresh := o.tookToShow()
	p99 := quantile(fresh, .99)
	b.add(t, "freshness throughout, from POST to a rank: p99", "≤ 2 s", p99 <= 2*time.Second,
		fmt.Sprintf("%s (median %s, worst %s; %d probes, %d never seen)", seconds(p99), seconds(quantile(fresh, .5)), seconds(quantile(fresh, 1)), len(fresh), missing),
		"POST /v1/ranks/lookup")
	for _, s := range o.fresh {
		if s.took >= p99 {
			t.Logf("posted %s after the feed began: showed after %s", seconds(s.posted.Sub(o.began)), seconds(s.took))
		}
	}
	b.add(t, "lag_seconds of the answers: p99", "≤ 2 s", quantile(o.lags, .99) <= 2,
		fmt.Sprintf("%.1f s (median %.1f s, worst %.1f s)", quantile(o.lags, .99), quantile(o.lags, .5), quantile(o.lags, 1)), "")
	b.always(t, "answers of 500 and above, or none", "0", len(o.faults) == 0, fmt.Sprintf("%d of %d", len(o.faults), o.answers), "")
	for _, f := range o.faults[:min(len(o.faults), 10)] {
		t.Log(f)
	}
	b.note(t, "the batch run meanwhile", fmt.Sprintf("%s (%v), peak %s", seconds(r.took()), r.phases, gib(r.peak.Load())), "")
	b.note(t, "the speed layer's peak meanwhile", gib(speed.peak.Load()), "")
}

// within waits until ok, for as long as the process lives and no longer than limit.
func within(limit time.Duration, p *process, ok func() bool) bool {
	deadline := time.After(limit)
	for !ok() {
		select {
		case <-p.done:
			return false
		case <-deadline:
			return false
		case <-time.After(50 * time.Millisecond):
		}
	}
	return true
}

func settleWithin(t *testing.T, o *outside, limit time.Duration) {
	t.Helper()
	began := time.Now()
	for !o.api.settled() {
		if time.Since(began) > limit {
			t.Fatalf("the speed layer has not caught up %v after the feed's end", limit)
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("caught up %s after the feed's end", seconds(time.Since(began)))
}

func (b *table) verify(t *testing.T, s *stack) {
	t.Helper()
	p := spawn(t, append([]string{"verify", "--json"}, s.flags...)...)
	p.wait(t, patience)
	var r struct {
		Pages, Events, Faults int
		MaxUse                float64 `json:"max_interval_use"`
	}
	measured := fmt.Sprintf("exit code %d", p.cmd.ProcessState.ExitCode())
	if p.cmd.ProcessState.Success() {
		fromJSON(t, p, &r)
		measured = fmt.Sprintf("holds: %d pages, %d events; %s, peak %s", r.Pages, r.Events, seconds(p.took()), gib(p.peak.Load()))
	} else {
		fmt.Fprintln(os.Stderr, p.output)
	}
	b.always(t, "verify: every page within its interval", "holds", p.cmd.ProcessState.Success(), measured, "freshrank verify")
}
