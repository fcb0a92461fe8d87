package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

const root = "../../../../"

var (
	typeLine   = regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`)
	sampleLine = regexp.MustCompile(`(?m)^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? \S+$`)
	label      = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"`)
	// What is said of a metric: its name, perhaps with a selector.
	mention  = regexp.MustCompile(`\b(freshrank_[a-z0-9_]+)(?:\{([^{}]*)\})?`)
	recorded = regexp.MustCompile(`(?:^|[^:])\b(freshrank:[a-z0-9_:]+)`)
	// Roles of the database are named alike.
	roles = []string{"freshrank_batch", "freshrank_speed", "freshrank_serving", "freshrank_keys"}
)

// exported is what a process shows at /metrics.
type exported struct {
	families map[string]string                     // type by name
	samples  map[string]map[string]map[string]bool // name → label → values
}

func (p *process) metrics() exported {
	p.t.Helper()
	text := p.call(200, "GET", "/metrics", "")["body"].(string)
	e := exported{map[string]string{}, map[string]map[string]map[string]bool{}}
	for _, m := range typeLine.FindAllStringSubmatch(text, -1) {
		e.families[m[1]] = m[2]
	}
	for _, m := range sampleLine.FindAllStringSubmatch(text, -1) {
		labels := e.samples[m[1]]
		if labels == nil {
			labels = map[string]map[string]bool{}
			e.samples[m[1]] = labels
		}
		for _, l := range label.FindAllStringSubmatch(m[2], -1) {
			if labels[l[1]] == nil {
				labels[l[1]] = map[string]bool{}
			}
			labels[l[1]][l[3]] = true
		}
	}
	return e
}

// check holds a text against what is exported.
func (e exported) check(t *testing.T, file, text string) {
	for _, m := range mention.FindAllStringSubmatch(text, -1) {
		if slices.Contains(roles, m[1]) {
			continue
		}
		labels, ok := e.samples[m[1]]
		if _, family := e.families[m[1]]; !ok && !family {
			t.Errorf("%s: a running freshrank does not export %s", file, m[1])
			continue
		}
		for _, l := range label.FindAllStringSubmatch(m[2], -1) {
			name, operator, value := l[1], l[2], l[3]
			switch {
			case name == "instance" || name == "job":
			case labels[name] == nil:
				t.Errorf("%s: %s has no label %s", file, m[1], name)
			case operator == "=" && name != "code" && !labels[name][value]:
				t.Errorf("%s: %s has no sample with %s=%q", file, m[1], name, value)
			}
		}
	}
}

// observed are the files that speak of metrics.
func observed(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/decisions/*.md", "deploy/prometheus/*.yml", "deploy/grafana/dashboards/*.json"} {
		names, err := filepath.Glob(root + pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text := string(b)
			if strings.HasSuffix(name, ".json") {
				var whole any
				if err := json.Unmarshal(b, &whole); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				text = strings.Join(stringsOf(whole), "\n")
			}
			files[strings.TrimPrefix(name, root)] = text
		}
	}
	return files
}

// stringsOf returns all strings in a JSON value.
func stringsOf(v any) (all []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			all = append(all, stringsOf(one)...)
		}
	case map[string]any:
		for _, one := range v {
			all = append(all, stringsOf(one)...)
		}
	}
	return all
}

// TestObserved: what dashboard, rules and docs say of metrics, and what the runbook
// asks for, is there in a running freshrank; every metric is in docs/operations.md.
func TestObserved(t *testing.T) {
	data := t.TempDir()
	graph(t, data, 200, 1000)
	flags := logFlags()
	p := up(t, data, append(flags, "--log-level", "debug")...)
	p.ready()
	p.call(202, "POST", "/v1/events", crawled("1", "https://me.example/"))
	p.eventually("ranked the page", 20*time.Second, func() bool { return p.rank("https://me.example/")["status"] == "ranked" })
	p.produce(data, flags, kafka.Message{Key: []byte("a"), Value: []byte("{no event")})
	p.call(202, "POST", "/v1/batch/runs", "")
	p.eventually("moved to generation 2", time.Minute, func() bool {
		_, s := p.try("GET", "/v1/status", "")
		return s["generation"] == 2.0 && s["view"] != nil
	})
	var e exported
	p.eventually("told of the view", 20*time.Second, func() bool { // what is served is looked up once a second
		e = p.metrics()
		return e.samples["freshrank_serving_view_used"] != nil
	})
	files := observed(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		e.check(t, name, files[name])
	}

	rules := files["deploy/prometheus/slo.yml"]
	for _, name := range slices.Sorted(maps.Keys(files)) {
		for _, r := range recorded.FindAllStringSubmatch(files[name], -1) {
			if !strings.Contains(rules, "- record: "+r[1]+"\n") {
				t.Errorf("%s: no rule records %s", name, r[1])
			}
		}
	}

	for _, name := range slices.Sorted(maps.Keys(e.families)) {
		if strings.HasPrefix(name, "freshrank_") {
			checkName(t, name, e.families[name])
			if !strings.Contains(files["docs/operations.md"], "`"+name+"`") {
				t.Errorf("docs/operations.md does not explain %s", name)
			}
		}
	}
	checkLogs(t, p.said())
	checkRunbook(t, p, files["docs/runbook.md"])
	p.stop()
}

// checkName holds a name against Prometheus's conventions: base units, and total for
// what only grows.
func checkName(t *testing.T, name, kind string) {
	t.Helper()
	if total := strings.HasSuffix(name, "_total"); total != (kind == "counter") {
		t.Errorf("%s is a %s: counters, and no others, end in _total", name, kind)
	}
	if kind == "histogram" && !strings.HasSuffix(name, "_seconds") {
		t.Errorf("%s is a histogram without a unit", name)
	}
	if regexp.MustCompile(`_(ms|milliseconds|minutes|percent|kb|mb)(_|$)`).MatchString(name) {
		t.Errorf("%s is not in base units", name)
	}
}

// checkLogs: lines say which run, which generation and which offsets they are about.
func checkLogs(t *testing.T, said string) {
	t.Helper()
	want := map[string][]string{
		"batch run begins":    {"run", "trigger"},
		"cut frozen":          {"run", "generation", "cut"},
		"batch phase ended":   {"run", "generation", "cut", "phase", "seconds"},
		"batch run ended":     {"run", "generation", "state"},
		"switched view":       {"generation", "offsets", "view"},
		"set records aside":   {"partition", "first_offset", "first_reason"},
		"acquired lease":      {"epoch"},
		"rebasing":            {"from", "to", "cut", "offsets"},
		"published":           {"generation", "offsets", "view", "rows"},
		"loaded generation":   {"generation", "cut", "committed"},
		"batch run estimated": {"run", "generation", "cut"},
	}
	for line := range strings.Lines(said) {
		var attributes map[string]any
		if json.Unmarshal([]byte(line), &attributes) != nil {
			continue
		}
		message, _ := attributes["msg"].(string)
		for _, a := range append(want[message], "layer") {
			if _, ok := attributes[a]; !ok && want[message] != nil {
				t.Errorf("a log line has no %s: %s", a, line)
			}
		}
		if want[message] != nil {
			want[message] = []string{}
		}
	}
	for message, left := range want {
		if len(left) > 0 {
			t.Errorf("no log line says %q", message)
		}
	}
}

// checkRunbook asks the program and its API whether they know what the runbook tells.
func checkRunbook(t *testing.T, p *process, text string) {
	t.Helper()
	asked, commands := 0, 0
	for _, m := range regexp.MustCompile(`(?m)^curl -s "?\$H(/[^" \n]+)"?`).FindAllStringSubmatch(text, -1) {
		asked++
		p.call(200, "GET", m[1], "")
	}
	for _, m := range regexp.MustCompile("(?m)(?:^|`)freshrank ([a-z][^#`\n]*)").FindAllStringSubmatch(text, -1) {
		var words, flags []string
		for _, word := range strings.Fields(m[1]) {
			switch {
			case strings.HasPrefix(word, "-"):
				flags = append(flags, strings.SplitN(word, "=", 2)[0])
			case len(flags) == 0 && word == strings.ToLower(word):
				words = append(words, word)
			}
		}
		commands++
		code, help := command(t, append(words, "--help")...)
		if code != 0 {
			t.Errorf("docs/runbook.md: freshrank %s: code %d: %s", m[1], code, help)
		}
		for _, f := range flags {
			if !strings.Contains(help, f) {
				t.Errorf("docs/runbook.md: freshrank %s: there is no %s", m[1], f)
			}
		}
	}
	if asked < 4 || commands < 8 {
		t.Errorf("only %d requests and %d commands were found in docs/runbook.md", asked, commands)
	}
}
