package freshrank

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// alert is what of a rule is checked; recording rules have no name here.
type alert struct {
	Alert       string
	Expr        string
	Labels      map[string]string
	Annotations map[string]string
}

func alerts(t *testing.T) (list []alert) {
	t.Helper()
	var file struct{ Groups []struct{ Rules []alert } }
	if err := yaml.Unmarshal(text(t, "deploy/prometheus/alerts.yml"), &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		list = append(list, g.Rules...)
	}
	if len(list) < 10 {
		t.Fatalf("only %d alerts were found", len(list))
	}
	return list
}

func text(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestAlertsHaveEntries: each alert says how urgent it is and has an entry in the
// runbook that says what it means, where to look and what to do; no entry is left
// over.
func TestAlertsHaveEntries(t *testing.T) {
	entries := map[string]string{}
	for _, part := range strings.Split(string(text(t, "docs/runbook.md")), "\n## ")[1:] {
		name, body, _ := strings.Cut(part, "\n")
		entries[name] = body
	}
	delete(entries, "Objectives")
	for _, a := range alerts(t) {
		body, ok := entries[a.Alert]
		if !ok {
			t.Errorf("%s has no entry in docs/runbook.md", a.Alert)
		}
		delete(entries, a.Alert)
		for _, part := range []string{"**Means** ", "**Look** ", "**Do** "} {
			if ok && !strings.Contains(body+" ", part) && !strings.Contains(body, strings.TrimSpace(part)+"\n") {
				t.Errorf("docs/runbook.md, %s: there is no %s", a.Alert, part)
			}
		}
		if want := "docs/runbook.md#" + strings.ToLower(a.Alert); a.Annotations["runbook"] != want {
			t.Errorf("%s names the runbook %q, want %q", a.Alert, a.Annotations["runbook"], want)
		}
		if a.Annotations["summary"] == "" || !slices.Contains([]string{"page", "ticket"}, a.Labels["severity"]) {
			t.Errorf("%s: summary %q, severity %q", a.Alert, a.Annotations["summary"], a.Labels["severity"])
		}
	}
	for name := range entries {
		t.Errorf("docs/runbook.md has an entry %s, for which there is no alert", name)
	}
}

// TestAlertsAreTested: each has a test in which it fires, and is quiet while all is
// well. promtool runs them, see `make rules`.
func TestAlertsAreTested(t *testing.T) {
	var file struct {
		Tests []struct {
			Rules []struct {
				Name string `yaml:"alertname"`
				Want []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	if err := yaml.Unmarshal(text(t, "deploy/prometheus/alerts_test.yml"), &file); err != nil {
		t.Fatal(err)
	}
	quiet, fires := map[string]bool{}, map[string]bool{}
	for i, test := range file.Tests {
		for _, r := range test.Rules {
			if len(r.Want) > 0 {
				fires[r.Name] = true
			} else if i == 0 {
				quiet[r.Name] = true
			}
		}
	}
	for _, a := range alerts(t) {
		if !quiet[a.Alert] || !fires[a.Alert] {
			t.Errorf("%s: tested to be quiet while all is well %v, to fire %v", a.Alert, quiet[a.Alert], fires[a.Alert])
		}
	}
}

// TestOnePrometheus: the rules are tested by the Prometheus that is deployed, and it
// scrapes what of ours has metrics.
func TestOnePrometheus(t *testing.T) {
	services := compose(t)
	_, version, _ := strings.Cut(services["prometheus"].Image, ":v3.")
	if version == "" || !strings.Contains(string(text(t, "Makefile")), "cmd/promtool@v0.3"+version) {
		t.Errorf("docker-compose.yml runs %s, the Makefile's promtool is another one", services["prometheus"].Image)
	}
	config := string(text(t, "deploy/prometheus/prometheus.yml"))
	for name, s := range services {
		_, port, ok := strings.Cut(s.Environment["FRESHRANK_LISTEN"]+s.Environment["FRESHRANK_METRICS_LISTEN"], ":")
		if ok && !strings.Contains(config, `"`+name+":"+port+`"`) {
			t.Errorf("deploy/prometheus/prometheus.yml does not scrape %s at port %s", name, port)
		}
	}
}

// TestObjectivesAreStated: the runbook promises what the rules compute.
func TestObjectivesAreStated(t *testing.T) {
	book := string(text(t, "docs/runbook.md"))
	found := regexp.MustCompile(`expr: vector\((0\.\d+)\)\n\s+labels: \{slo: (\w+)\}`).FindAllStringSubmatch(string(text(t, "deploy/prometheus/slo.yml")), -1)
	if len(found) != 4 {
		t.Errorf("%d objectives were found, want 4", len(found))
	}
	for _, m := range found {
		percent := map[string]string{"0.99": "99 %", "0.999": "99.9 %"}[m[1]]
		if !regexp.MustCompile(`(?m)^\| ` + m[2] + ` \| ` + regexp.QuoteMeta(percent) + ` of `).MatchString(book) {
			t.Errorf("docs/runbook.md does not promise %q of %s", percent, m[2])
		}
	}
	// Latency is a bound, too: in words twice, and as the bucket that is counted.
	bound := regexp.MustCompile(`le="([0-9.]+)"`).FindStringSubmatch(string(text(t, "deploy/prometheus/slo.yml")))
	seconds, err := strconv.ParseFloat(bound[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"docs/runbook.md", "deploy/prometheus/slo.yml"} {
		want := fmt.Sprintf("99 %% of GET /v1/ranks are answered within %g ms", 1000*seconds)
		if !strings.Contains(strings.ReplaceAll(string(text(t, file)), "`", ""), want) {
			t.Errorf("%s does not promise that %s", file, want)
		}
	}
}
