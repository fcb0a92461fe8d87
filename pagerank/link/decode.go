package link

import (
	"errors"
	"strconv"
	"time"
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
		if len(a.extensions) == maxExtensions {
			return invalid("", "", "is one attribute too many: an event has at most %d that mean nothing here", maxExtensions)
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
