package schedule

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestNext(t *testing.T) {
	for _, c := range []struct{ expression, after, want string }{
		{Default, "2026-11-22T05:59:59Z", "2026-11-22T06:00:00Z"},
		{Default, "2026-11-22T06:00:00Z", "2026-11-22T12:00:00Z"}, // strictly after
		{Default, "2026-12-31T18:00:01Z", "2027-01-01T00:00:00Z"},
		{"  30  2 * * *  ", "2026-03-28T12:00:00Z", "2026-03-29T02:30:00Z"}, // Europe skips this hour, UTC does not
		{"30 2 * * *", "2026-10-25T02:30:00Z", "2026-10-26T02:30:00Z"},      // and does not double this one
		{"30 2 * * *", "2026-10-25T03:00:00+02:00", "2026-10-25T02:30:00Z"}, // whatever zone is asked in
		{"*/15 9-17 * * mon-fri", "2026-11-20T17:45:00Z", "2026-11-23T09:00:00Z"},
		{"0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"0 0 1 * 0", "2026-11-22T00:00:00Z", "2026-11-29T00:00:00Z"}, // day of month or weekday, as cron has it
		{"5,35 * * * *", "2026-11-22T00:05:00Z", "2026-11-22T00:35:00Z"},
	} {
		s, err := Parse(c.expression)
		if err != nil {
			t.Errorf("%q: %v", c.expression, err)
			continue
		}
		got := s.Next(at(t, c.after))
		if !got.Equal(at(t, c.want)) || got.Location() != time.UTC {
			t.Errorf("%q after %s: %s, want %s", c.expression, c.after, got, c.want)
		}
		if s.String() != strings.TrimSpace(c.expression) {
			t.Errorf("String() = %q, want %q", s, c.expression)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ expression, says string }{
		{"0 0 31 2 *", "never comes"},
		{"0 0 30 2 *", "never comes"},
		{"0 0 31 4,6,9,11 *", "never comes"},
		{"TZ=UTC", "time zones"}, // the library panics here
		{"TZ=Europe/Berlin 0 3 * * *", "time zones"},
		{"CRON_TZ=UTC 0 3 * * *", "time zones"},
		{"@every 1s", "@daily"},
		{"@hourly", "@daily"},
		{"0 3 * *", "has 4 fields"},
		{"0 0 3 * * *", "has 6 fields"},
		{"60 * * * *", "0-59"},
		{"* 24 * * *", "0-23"},
		{"* * 0 * *", "1-31"},
		{"* * * 13 *", "1-12"},
		{"* * * * 7", "Sunday 0"},
		{"*/0 * * * *", "positive"},
		{"a * * * *", "minute 0-59"},
		{", * * * *", "empty element"},
		{"1,,2 * * * *", "empty element"},
		{"5-1 * * * *", "beyond"},
		{"1-2-3 * * * *", "hyphens"},
	} {
		_, err := Parse(c.expression)
		var e *Error
		if !errors.As(err, &e) || e.Expression != c.expression || e.Fix == "" || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, want an *Error that says %q", c.expression, err, c.says)
		}
	}
}

func TestOff(t *testing.T) {
	for _, x := range []string{"", "  ", "off"} {
		s, err := Parse(x)
		if err != nil || s.String() != "off" || !s.Next(time.Now()).IsZero() {
			t.Errorf("%q: %v, %v, next %v", x, s, err, s.Next(time.Now()))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, x := range []string{Default, "TZ=UTC", "0 0 31 2 *", "*/7 1-5 ? jan sun", "@daily", ","} {
		f.Add(x)
	}
	start := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, x string) {
		s, err := Parse(x)
		var bad *Error
		if err != nil && (!errors.As(err, &bad) || bad.Expression != x || bad.Why == "" || bad.Fix == "") {
			t.Errorf("%q is refused with %v, which lacks something", x, err)
		}
		if err != nil || s.String() == "off" {
			return
		}
		if next := s.Next(start); !next.After(start) {
			t.Errorf("%q was accepted, but follows %s with %s", x, start, next)
		}
	})
}
