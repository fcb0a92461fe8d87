package link

import (
	"errors"
	"mime"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Decode reads one event in structured-mode CloudEvents 1.0 JSON and brings it
// into canonical form (see [Event.Seal]); received is when it arrived: the log
// record's timestamp, or now for one that is being submitted. The same value and
// time give the same event or error everywhere, so it is judged once.
//
// Nothing is repaired silently. Unknown attributes are CloudEvents extensions and
// ignored; anything else that is unknown, missing, doubled or of another type than
// it should be makes the whole event invalid, and so does a single link that is
// no http or https URL: a crawler that sends one would otherwise believe it
// counted. The error is an [*InvalidError].
func (l Limits) Decode(value []byte, received time.Time) (Event, error) {
	if len(value) > l.MaxEventBytes {
		return Event{}, l.tooLarge(len(value), "")
	}
	r := &reader{text: value}
	a := attributes{contentType: "application/json"}
	err := r.object(func(name []byte) error { return a.read(r, l, name) })
	if err == nil {
		err = r.end()
	}
	if err != nil {
		var s *syntaxError
		var i *InvalidError
		switch {
		case errors.As(err, &s):
			return Event{}, invalid("event", s.near, "%s", s.Error())
		case errors.As(err, &i) && i.Field == "":
			i.Field = "event"
		}
		return Event{}, err
	}
	if err := a.check(received, l); err != nil {
		return Event{}, err
	}
	// Escaping can make it longer; what is accepted must be so as Encode writes it.
	if size := a.seal(); size > l.MaxEventBytes {
		return Event{}, l.tooLarge(size, " in canonical form")
	}
	return a.Event, nil
}

func (l Limits) tooLarge(size int, form string) *InvalidError {
	return invalid("event", strconv.Itoa(size)+" bytes", "is too large%s; at most %d bytes are allowed", form, l.MaxEventBytes)
}

// attributes is an event while it is being read.
type attributes struct {
	Event
	given       fields
	specVersion string
	time        string
	kind        string // the type as given
	contentType string
	data        body
	extensions  map[string]bool
}

func (a *attributes) read(r *reader, l Limits, name []byte) (err error) {
	var f fields
	switch string(name) {
	case "specversion":
		f = fSpecVersion
		a.specVersion, err = r.string()
	case "id":
		f = fID
		a.ID, err = r.string()
	case "source":
		f = fSource
		a.Source, err = r.string()
	case "type":
		f = fType
		a.kind, err = r.string()
	case "time":
		f = fTime
		a.time, err = r.string()
	case "datacontenttype":
		f = fContentType
		if !r.null() {
			a.contentType, err = r.string()
		}
	case "data":
		f = fData
		err = r.object(func(name []byte) error { return a.data.read(r, l, name) })
	case "data_base64":
		return invalid("", "", `is not read: send "data" as a JSON object`)
	default:
		if a.extensions[string(name)] {
			return invalid("", "", "is given twice: send it once")
		}
		if a.extensions == nil {
			a.extensions = make(map[string]bool)
		}
		a.extensions[string(name)] = true
		return r.skip(maxDepth)
	}
	if err != nil {
		return err
	}
	return a.given.add(f)
}

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
