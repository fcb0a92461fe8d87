package acceptance

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// table gathers the figures of a run and what they must reach.
type table struct {
	full bool // at the size that the figures are promised for
	rows []row
}

type row struct {
	figure, must, measured, command string
	missed                          bool // what binds
}

// add takes a figure that depends on the size: it must hold at the full one only.
func (b *table) add(t *testing.T, figure, must string, ok bool, measured, command string) {
	t.Helper()
	b.take(t, row{figure, must, measured, command, !ok}, b.full)
}

// always takes a figure that must hold at any size.
func (b *table) always(t *testing.T, figure, must string, ok bool, measured, command string) {
	t.Helper()
	b.take(t, row{figure, must, measured, command, !ok}, true)
}

// note takes a figure of which nothing is promised.
func (b *table) note(t *testing.T, figure, measured, command string) {
	t.Helper()
	b.take(t, row{figure, "", measured, command, false}, false)
}

func (b *table) take(t *testing.T, r row, binding bool) {
	t.Helper()
	r.missed = r.missed && binding
	b.rows = append(b.rows, r)
	if r.missed {
		t.Errorf("%s: %s, must reach %s", r.figure, r.measured, r.must)
		return
	}
	t.Logf("%s: %s", r.figure, r.measured)
}

// String is the table in Markdown. Figures that did not reach what they must are bold.
func (b *table) String() string {
	var s strings.Builder
	s.WriteString("| figure | must reach | measured | command |\n|---|---|---|---|\n")
	for _, r := range b.rows {
		if r.missed {
			r.measured = "**" + r.measured + "**"
		}
		command := ""
		if r.command != "" {
			command = "`" + r.command + "`"
		}
		fmt.Fprintf(&s, "| %s | %s | %s | %s |\n", r.figure, r.must, r.measured, command)
	}
	return s.String()
}

func gib(bytes int64) string { return fmt.Sprintf("%.2f GiB", float64(bytes)/(1<<30)) }

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// rate is how many a second, in a form fit for reading.
func rate(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

func millions(v float64) string { return fmt.Sprintf("%.2f M", v/1e6) }

// quantile is the nearest rank's, of what need not be sorted; 0 of nothing.
func quantile[T ~int64 | ~float64](all []T, q float64) T {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, int(math.Ceil(q*float64(len(sorted))))-1)]
}
