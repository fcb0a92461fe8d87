package progress

import (
	"strings"
	"testing"
	"time"
)

func TestMeterWritesSeldom(t *testing.T) {
	now := time.Unix(0, 0)
	var out strings.Builder
	m := newMeter(&out, Plain, func() time.Time { return now })
	for i := range int64(12) {
		m.Update("read", "bytes", i, 12)
		now = now.Add(time.Second)
	}
	m.Update("build", "links", 7, 0)
	m.Done()
	want := "read:   0 % (0 of 12 bytes)\nread:  42 % (5 of 12 bytes, 1 a second)\nread:  83 % (10 of 12 bytes, 1 a second)\nbuild: 7 links\n"
	if out.String() != want {
		t.Errorf("wrote\n%swant\n%s", out.String(), want)
	}
}

func TestMeterModes(t *testing.T) {
	for mode, want := range map[Mode]string{
		None: "",
		line: "\rread:  50 % (1 of 2 rows)\r" + strings.Repeat(" ", 25) + "\r",
		JSON: `{"done":1,"phase":"read","seconds":0,"total":2,"unit":"rows"}` + "\n",
	} {
		var out strings.Builder
		m := newMeter(&out, mode, func() time.Time { return time.Unix(0, 0) })
		m.Update("read", "rows", 1, 2)
		m.Done()
		if out.String() != want {
			t.Errorf("mode %s wrote %q, want %q", mode, out.String(), want)
		}
	}
}

func TestReport(t *testing.T) {
	for _, c := range []struct {
		mode Mode
		r    Report
		want string
	}{
		{Plain, Report{Phase: "rank", Percent: 41.9, Rate: 12_345_678, Unit: "links", Left: 71.2}, "rank:  41 %, 12.3 M links/s, 1m12s left\n"},
		{Plain, Report{Phase: "archive", Percent: 1, Rate: 25_400, Unit: "records"}, "archive:   1 %, 25 k records/s\n"},
		{Plain, Report{Phase: "done", Percent: 100}, "done: 100 %\n"},
		{JSON, Report{Phase: "rank", Percent: 50, Rate: 2, Unit: "links", Left: 3},
			`{"done":50,"phase":"rank","rate":2,"rate_unit":"links","seconds":0,"seconds_left":3,"total":100,"unit":"%"}` + "\n"},
	} {
		var out strings.Builder
		m := newMeter(&out, c.mode, func() time.Time { return time.Unix(0, 0) })
		m.Report(c.r)
		m.Report(c.r) // too soon after the first
		if out.String() != c.want {
			t.Errorf("%+v as %s: %q, want %q", c.r, c.mode, out.String(), c.want)
		}
	}
}
