package link

import (
	"mime"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// check fills the event from what was read, or says what is wrong with it.
func (a *attributes) check(received time.Time, l Limits) (err error) {
	e := &a.Event
	var ok bool
	switch e.Type, ok = ParseType(a.kind); {
	case a.specVersion != "1.0":
		return invalid("specversion", a.specVersion, `must be "1.0": events are CloudEvents 1.0 in JSON`)
	case !ok:
		return invalid("type", a.kind, "must be one of %s", typeNames())
	case !isJSON(a.contentType):
		return invalid("datacontenttype", a.contentType, `must be "application/json" or left out`)
	case a.given&fData == 0:
		return invalid("data", "", "is missing: send a JSON object with the page's url")
	}
	if err := e.checkIdentity(); err != nil {
		return err
	}
	if e.Time, ok = parseTime(a.time); !ok {
		return invalid("time", a.time, "must be a time as in RFC 3339, such as 2026-02-28T13:37:00Z")
	}
	if err := e.checkTime(); err != nil {
		return err
	}
	if latest := received.Add(l.MaxFuture); e.Time.After(latest) {
		return invalid("time", a.time, "lies more than %s after the event arrived (%s): set the sender's clock",
			l.MaxFuture, received.UTC().Format(time.RFC3339))
	}
	return a.data.fill(e, l)
}

// checkIdentity checks what [Version] and the archive rely on.
func (e *Event) checkIdentity() error {
	for _, f := range [...]struct {
		name, value string
		most        int
	}{{"id", e.ID, maxIDBytes}, {"source", e.Source, maxSourceBytes}} {
		switch {
		case f.value == "":
			return invalid(f.name, "", "is missing or empty: id and source together identify an event")
		case len(f.value) > f.most:
			return invalid(f.name, f.value, "is %d bytes long; at most %d are allowed", len(f.value), f.most)
		case strings.ContainsFunc(f.value, unicode.IsControl) || !utf8.ValidString(f.value):
			return invalid(f.name, f.value, "must be UTF-8 without control characters")
		}
	}
	return nil
}

// parseTime reads a time of RFC 3339. It refuses what time.Parse lets pass: an
// hour of one digit, a comma for the point, an offset of a day or more.
func parseTime(s string) (time.Time, bool) {
	s = strings.ToUpper(s)
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || s[13] != ':' || strings.Contains(s, ",") {
		return time.Time{}, false
	}
	if zone := s[len(s)-6:]; s[len(s)-1] != 'Z' && (zone[1:3] > "23" || zone[4:] > "59") {
		return time.Time{}, false
	}
	return t.UTC(), true
}

func (e *Event) checkTime() error {
	if e.Time.Before(minTime) || !e.Time.Before(maxTime) {
		return invalid("time", e.Time.Format(time.RFC3339Nano), "must lie between 1970 and 2262: send when the page was read")
	}
	return nil
}

func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

func typeNames() string {
	names := make([]string, 0, LinkRemoved)
	for t := PageCrawled; t <= LinkRemoved; t++ {
		names = append(names, t.String())
	}
	return strings.Join(names, ", ")
}
