// Package schedule says when a batch run is due. It is the only place that
// knows a cron library, and it uses nothing of it but the arithmetic: who waits,
// what happens while a run is open and which missed tick is caught up is decided
// by the runner in package batch, from what Postgres remembers.
//
// Expressions have the five classic fields and are read in UTC, where no hour is
// skipped in spring or comes twice in autumn.
package schedule

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Default runs every six hours.
const Default = "0 */6 * * *"

// Schedule is a set of points in time. The zero Schedule is empty: off.
type Schedule struct {
	expression string
	ticks      cron.Schedule // nil: off
}

// Error is an expression that cannot be used, and what to write instead.
type Error struct{ Expression, Why, Fix string }

func (e *Error) Error() string {
	return fmt.Sprintf("schedule %q: %s; %s", e.Expression, e.Why, e.Fix)
}

var fields = []string{"minute", "hour", "day of month", "month", "day of week"}

// Parse reads a cron expression; "" and "off" stand for never.
func Parse(expression string) (Schedule, error) {
	text := strings.TrimSpace(expression)
	if text == "" || text == "off" {
		return Schedule{}, nil
	}
	fail := func(why, fix string) (Schedule, error) {
		return Schedule{}, &Error{Expression: expression, Why: why, Fix: fix}
	}
	// The library panics on a time zone without a blank behind it.
	if strings.Contains(text, "TZ=") {
		return fail("time zones are not supported", "write the fields in UTC, such as "+Default)
	}
	if strings.HasPrefix(text, "@") {
		return fail("names such as @daily are not supported", "write five fields, such as 0 0 * * *")
	}
	parts := strings.Fields(text)
	if len(parts) != len(fields) {
		return fail(fmt.Sprintf("has %d fields", len(parts)),
			"write five: "+strings.Join(fields, ", ")+", such as "+Default)
	}
	for i, p := range parts {
		// The library takes "," for a field that matches nothing.
		if strings.HasPrefix(p, ",") || strings.HasSuffix(p, ",") || strings.Contains(p, ",,") {
			return fail(fmt.Sprintf("%s %q has an empty element", fields[i], p), "remove the comma")
		}
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	ticks, err := parser.Parse("TZ=UTC " + text)
	if err != nil {
		return fail(err.Error(), "minute 0-59, hour 0-23, day 1-31, month 1-12, weekday 0-6 with Sunday 0")
	}
	// From the start of a leap year, five years hold every day there is.
	if ticks.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return fail("never comes", "name a day that exists in a month it names; write off for no schedule")
	}
	return Schedule{expression: text, ticks: ticks}, nil
}

// Next returns the first tick after t, in UTC; the zero time if there is none.
func (s Schedule) Next(t time.Time) time.Time {
	if s.ticks == nil {
		return time.Time{}
	}
	return s.ticks.Next(t.UTC())
}

// String returns the expression, or "off".
func (s Schedule) String() string {
	if s.ticks == nil {
		return "off"
	}
	return s.expression
}
