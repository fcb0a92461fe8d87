// Package progress tells a person, or a log file, how far a long command has
// come: on one line of standard error that is written over, as plain lines, as
// JSON lines, or not at all.
package progress

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"freshrank/cmd/freshrank/internal/boot"
)

// Mode is how progress is shown.
type Mode string

// The modes. Auto is Line on a terminal and Plain otherwise.
const (
	Auto  Mode = "auto"
	Plain Mode = "plain"
	JSON  Mode = "json"
	None  Mode = "none"
	line  Mode = "line"
)

// Meter shows progress. It is not safe for concurrent use.
type Meter struct {
	w     io.Writer
	mode  Mode
	every time.Duration
	now   func() time.Time
	began time.Time
	last  time.Time
	phase string
	width int // of what stands on the line
}

// New returns a Meter that writes to f.
func New(f *os.File, mode Mode) *Meter {
	if mode == Auto {
		mode = Plain
		if boot.IsTerminal(f) && os.Getenv("TERM") != "dumb" && os.Getenv("NO_COLOR") == "" {
			mode = line
		}
	}
	return newMeter(f, mode, time.Now)
}

func newMeter(w io.Writer, mode Mode, now func() time.Time) *Meter {
	m := &Meter{w: w, mode: mode, now: now, every: 5 * time.Second}
	switch mode {
	case line:
		m.every = 100 * time.Millisecond
	case JSON:
		m.every = time.Second
	}
	return m
}

// Update says that done of total units of a phase are done; total 0 is not
// known. Most calls write nothing.
func (m *Meter) Update(phase, unit string, done, total int64) {
	if took, ok := m.due(phase); ok {
		m.write(text(phase, unit, done, total, took),
			map[string]any{"phase": phase, "unit": unit, "done": done, "total": total, "seconds": took.Seconds()})
	}
}

// Report is the progress of what measures itself.
type Report struct {
	Phase   string
	Percent float64 // of the whole
	Rate    float64 // in Unit a second; 0: not known
	Unit    string
	Left    float64 // seconds until the end; 0: not known
}

// Report shows r. Most calls write nothing.
func (m *Meter) Report(r Report) {
	if took, ok := m.due(r.Phase); ok {
		m.write(r.text(), map[string]any{"phase": r.Phase, "unit": "%", "done": int64(r.Percent), "total": 100,
			"rate": r.Rate, "rate_unit": r.Unit, "seconds_left": r.Left, "seconds": took.Seconds()})
	}
}

func (r Report) text() string {
	s := fmt.Sprintf("%s: %3.0f %%", r.Phase, math.Floor(r.Percent))
	if r.Rate > 0 {
		s += fmt.Sprintf(", %s %s/s", short(r.Rate), r.Unit)
	}
	if r.Left > 0 {
		s += fmt.Sprintf(", %s left", time.Duration(math.Ceil(r.Left))*time.Second)
	}
	return s
}

// short writes a number with three digits.
func short(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.3g M", n/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.0f k", n/1e3)
	}
	return fmt.Sprintf("%.0f", n)
}

// due reports whether it is time to write, and how long the phase has lasted.
func (m *Meter) due(phase string) (took time.Duration, ok bool) {
	now := m.now()
	fresh := phase != m.phase
	if fresh {
		m.phase, m.began = phase, now
	}
	if m.mode == None || !fresh && now.Sub(m.last) < m.every {
		return 0, false
	}
	m.last = now
	return now.Sub(m.began), true
}

func (m *Meter) write(text string, object map[string]any) {
	switch m.mode {
	case JSON:
		if b, err := json.Marshal(object); err == nil {
			fmt.Fprintf(m.w, "%s\n", b)
		}
	case line:
		fmt.Fprintf(m.w, "\r%-*s", m.width, text)
		m.width = len(text)
	case Plain:
		fmt.Fprintln(m.w, text)
	}
}

func text(phase, unit string, done, total int64, took time.Duration) string {
	rate := ""
	if took >= time.Second && done > 0 {
		rate = fmt.Sprintf(", %.0f a second", float64(done)/took.Seconds())
	}
	if total <= 0 {
		return fmt.Sprintf("%s: %d %s%s", phase, done, unit, rate)
	}
	return fmt.Sprintf("%s: %3.0f %% (%d of %d %s%s)", phase, 100*float64(done)/float64(total), done, total, unit, rate)
}

// Done ends the line that is written over, if there is one.
func (m *Meter) Done() {
	if m.mode == line && m.width > 0 {
		fmt.Fprintf(m.w, "\r%-*s\r", m.width, "")
		m.width = 0
	}
}
