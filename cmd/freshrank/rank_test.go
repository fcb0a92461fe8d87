package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"freshrank/pagerank/pageranktest"
)

// ranks reads TSV: by page, what stands in the columns rank and x.
func ranks(t *testing.T, tsv string) (rank, x map[string]float64) {
	t.Helper()
	rank, x = map[string]float64{}, map[string]float64{}
	for i, line := range strings.Split(strings.TrimSpace(tsv), "\n") {
		f := strings.Split(line, "\t")
		if i == 0 {
			if line != "page\trank\tx\tresidual" {
				t.Fatalf("header %q", line)
			}
			continue
		}
		var v [3]float64
		for j := range v {
			var err error
			if v[j], err = strconv.ParseFloat(f[j+1], 64); err != nil {
				t.Fatal(err)
			}
		}
		rank[f[0]], x[f[0]] = v[0], v[1]+v[2]
	}
	return rank, x
}

// TestRankHandGraphs compares with ranks worked out on paper: edge lists whose
// numbers have gaps, plain and gzip.
func TestRankHandGraphs(t *testing.T) {
	number := func(page int) int { return 1_000_000*page + 7 }
	for _, h := range pageranktest.Hand() {
		var text strings.Builder
		touched := map[int]bool{}
		for _, l := range h.Links {
			text.WriteString(strconv.Itoa(number(int(l[0]))) + "\t" + strconv.Itoa(number(int(l[1]))) + "\n")
			touched[int(l[0])], touched[int(l[1])] = true, true
		}
		if len(touched) < h.Pages || slices.ContainsFunc(h.Links, func(l [2]uint32) bool { return l[0] == l[1] }) || repeats(h.Links) {
			continue // an edge list says nothing of pages without links, and has no double ones
		}
		var zipped bytes.Buffer
		z := gzip.NewWriter(&zipped)
		if _, err := z.Write([]byte(text.String())); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string]string{"e.txt": text.String(), "e.txt.gz": zipped.String()} {
			out := filepath.Join(t.TempDir(), "r.tsv")
			r := freshrank(t, "", "rank", write(t, name, content), "-o", out, "--tolerance=1e-12", "--progress=none")
			if r.code != 0 {
				t.Fatalf("%s: %s", h.Name, r.errors)
			}
			tsv, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			rank, x := ranks(t, string(tsv))
			sum := 0.0
			for page, want := range h.X(0.85) {
				key := strconv.Itoa(number(page))
				sum += rank[key]
				if math.Abs(x[key]-want) > 1e-9 {
					t.Errorf("%s: x of page %d is %v, want %v", h.Name, page, x[key], want)
				}
			}
			if len(rank) != h.Pages || math.Abs(sum-1) > 1e-9 {
				t.Errorf("%s: %d ranks add up to %v", h.Name, len(rank), sum)
			}
		}
	}
}

func repeats(links [][2]uint32) bool {
	seen := map[[2]uint32]bool{}
	for _, l := range links {
		if seen[l] {
			return true
		}
		seen[l] = true
	}
	return false
}

// TestRankIsOneThing: an edge list from a pipe, a data folder and a CSV file of the
// same graph have the same ranks, whatever the number of workers.
func TestRankIsOneThing(t *testing.T) {
	list := freshrank(t, "", "generate", "graph", "--pages=500", "--links=5000", "--format=edgelist").out
	data := filepath.Join(t.TempDir(), "data")
	if r := freshrank(t, list, "import", "edgelist", "-", "--data", data, "--progress=none"); r.code != 0 {
		t.Fatal(r.errors)
	}
	tsv := func(args ...string) string {
		r := freshrank(t, list, append([]string{"rank", "-o", "-", "--progress=none"}, args...)...)
		if r.code != 0 || !strings.Contains(r.errors, "certified") {
			t.Fatalf("%v: %s", args, r.errors)
		}
		return r.out
	}
	fromList, _ := ranks(t, tsv("-"))
	if one, five := tsv("-", "--workers=1"), tsv("-", "--workers=5"); one != five {
		t.Error("the number of workers makes a difference")
	}
	fromFolder, _ := ranks(t, tsv(data))
	if len(fromList) < 490 || len(fromList) != len(fromFolder) {
		t.Errorf("%d and %d pages", len(fromList), len(fromFolder))
	}
	for page, rank := range fromList {
		if other := fromFolder["http://example.org/"+page]; math.Abs(rank-other) > 1e-9 {
			t.Errorf("page %s: %v and %v", page, rank, other)
		}
	}
}

func keys(t *testing.T, object string) []string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(object), &m); err != nil {
		t.Fatalf("%v: %s", err, object)
	}
	return slices.Sorted(maps.Keys(m))
}

var rankKeys = []string{
	"build_seconds", "certified_l1", "epsilon", "graph", "links", "load_seconds", "pages", "peak_bytes",
	"solve_seconds", "sweep_ns_per_link", "sweeps",
}

func TestRankJSON(t *testing.T) {
	out := filepath.Join(t.TempDir(), "r.parquet")
	r := freshrank(t, "", "rank", "web:1k:10k", "--json", "-o", out, "--progress=none")
	if r.code != 0 || !slices.Equal(keys(t, r.out), rankKeys) {
		t.Errorf("code %d: %s%s", r.code, r.out, r.errors)
	}
	if b, err := os.ReadFile(out); err != nil || !bytes.HasPrefix(b, []byte("PAR1")) {
		t.Errorf("%v", err)
	}
}

func TestBenchRank(t *testing.T) {
	for _, graph := range []string{"kron:8:8", "uniform:8:8", "web:1k:10k", "web-shuffled:1k:10k", write(t, "e.txt", "1 2\n2 3\n3 1\n")} {
		r := freshrank(t, "", "bench", "rank", "--graph", graph, "--json", "--progress=none", "--rounds=2")
		want := append([]string{"baseline", "limits", "ratio", "rounds", "workers"}, rankKeys...)
		slices.Sort(want)
		if r.code != 0 || !slices.Equal(keys(t, r.out), want) {
			t.Errorf("%s: code %d: %s%s", graph, r.code, r.out, r.errors)
		}
	}
	if r := freshrank(t, "", "bench", "rank", "--graph=kron:8:8", "--progress=none"); r.code != 0 || !strings.Contains(r.out, "ratio") {
		t.Errorf("code %d: %s%s", r.code, r.out, r.errors)
	}
}

func TestBenchSpeed(t *testing.T) {
	for _, args := range [][]string{
		{"--graph=web:2k:30k", "--events=1k"},
		{"--graph=web:2k:30k", "--events=100", "--mix=crawl", "--batch=20"},
		{"--graph=kron:10:12", "--events=500", "--sources=hub", "--epsilon=0.001"},
	} {
		r := freshrank(t, "", append([]string{"bench", "speed", "--json", "--progress=none"}, args...)...)
		if r.code != 0 {
			t.Fatalf("%v: code %d: %s", args, r.code, r.errors)
		}
		got := keys(t, r.out)
		for _, key := range []string{
			"graph", "changes", "changes_per_second", "us_per_change", "edge_ops_per_change",
			"certified_epsilon", "actual_max_relative", "actual_l1", "peak_bytes",
		} {
			if !slices.Contains(got, key) {
				t.Errorf("%v: no %s in %v", args, key, got)
			}
		}
	}
	if r := freshrank(t, "", "bench", "speed", "--graph=web:2k:30k", "--events=1k", "--progress=none"); r.code != 0 || !strings.Contains(r.out, "actual") {
		t.Errorf("code %d: %s%s", r.code, r.out, r.errors)
	}
}

// TestRankMemory: what is asked for, or else what this machine has to spare.
func TestRankMemory(t *testing.T) {
	for _, option := range []int64{0, 1, 1 << 40} {
		if got := rankMemory(option); got != option {
			t.Errorf("%d bytes, want %d", got, option)
		}
	}
	if got := rankMemory(-1); got <= 0 || got > 1<<30 {
		t.Errorf("%d bytes of this machine", got)
	}
}
