package link

import (
	"fmt"
	"math"
	"time"
)

// Encode writes a sealed event as structured-mode CloudEvents JSON. There is one
// text for an event: the attributes in a fixed order, time in UTC, nothing that
// could be left out. Decoding it under limits that hold for e gives e again, up to
// Duplicates and SelfLoops, which count what is no longer there. The error, for an
// event that [Limits.Decode] would not return, is an [*InvalidError].
func Encode(e *Event) ([]byte, error) {
	if _, ok := ParseType(e.Type.String()); !ok {
		return nil, invalid("type", fmt.Sprint(uint8(e.Type)), "must be one of %s", typeNames())
	}
	if err := e.checkIdentity(); err != nil {
		return nil, err
	}
	if err := e.checkTime(); err != nil {
		return nil, err
	}
	if err := checkCanonical("data.url", e.URL); err != nil {
		return nil, err
	}
	if dataOf[e.Type].must&fTarget != 0 {
		if err := checkCanonical("data.target", e.Target); err != nil {
			return nil, err
		}
	}
	if err := e.checkAlias(); err != nil {
		return nil, err
	}
	for i, l := range e.Links {
		err := checkCanonical("", l.URL)
		if err == nil && (l.URL == e.URL || i > 0 && l.URL <= e.Links[i-1].URL) {
			err = invalid("", l.URL, "must be sorted, given once, and not the page itself: seal the event first")
		}
		if err != nil {
			err.Field = fmt.Sprintf("data.links[%d].url", i)
			return nil, err
		}
	}
	text, _ := e.encoding()
	return text, nil
}

func checkCanonical(field, url string) *InvalidError {
	u, err := canonicalURL(url, math.MaxInt)
	switch {
	case err != nil:
		err.Field = field
		return err
	case u != url:
		return invalid(field, url, "must be in canonical form: %s", u)
	}
	return nil
}

// encoding returns e's text; data is the part of it that stands for its data.
func (e *Event) encoding() (text, data []byte) {
	b := make([]byte, 0, 320+len(e.ID)+len(e.Source)+len(e.URL)+len(e.Target)+80*len(e.Links))
	b = append(b, `{"specversion":"1.0","id":`...)
	b = appendString(b, e.ID)
	b = append(b, `,"source":`...)
	b = appendString(b, e.Source)
	b = append(b, `,"type":"`...)
	b = append(b, e.Type.String()...)
	b = append(b, `","time":"`...)
	b = e.Time.UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","datacontenttype":"application/json","data":`...)
	start := len(b)
	b = append(b, `{"url":"`...)
	b = append(b, e.URL...)
	switch e.Type {
	case PageCrawled:
		b = append(b, `","links":[`...)
		for i, l := range e.Links {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"url":"`...)
			b = append(b, l.URL...)
			b = appendRel(b, l.Rel)
			b = append(b, `"}`...)
		}
		b = append(b, `]}`...)
	case PageAlias, LinkAdded, LinkRemoved:
		b = append(b, `","target":"`...)
		b = append(b, e.Target...)
		if e.Type == LinkAdded {
			b = appendRel(b, e.Rel)
		}
		b = append(b, `"}`...)
	default:
		b = append(b, `"}`...)
	}
	end := len(b)
	b = append(b, '}')
	return b, b[start:end]
}

// appendRel continues an object within a string that ends there.
func appendRel(b []byte, r Rel) []byte {
	if r == 0 {
		return b
	}
	b = append(b, `","rel":"`...)
	return append(b, r.String()...)
}

// appendString appends s, which has no control characters, as a JSON string.
// Canonical URLs need no such care: none has a character to escape.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}
