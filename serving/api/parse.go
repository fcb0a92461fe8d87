package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"freshrank/pagerank/link"
)

// The media types that events are taken as.
const (
	oneEvent   = "application/cloudevents+json"
	eventBatch = "application/cloudevents-batch+json"
	plainJSON  = "application/json"
	ndjson     = "application/x-ndjson"
)

// maxEvents is how many events a body may hold. Valid ones reach the limit on a
// body's size first; of "1\n1\n…" a few megabytes would become millions of errors.
const maxEvents = 50_000

// maxFaultsTold is how many refused events of a body are told one by one: as the
// answer to 50,000 of a few bytes each there would be megabytes.
const maxFaultsTold = 100

// parsed is what a body of events holds.
type parsed struct {
	events []*link.Event
	faults []Fault // by index, the first maxFaultsTold
	bad    int     // how many were refused
	single bool    // the body is one event, not a batch of one
}

// parseEvents reads a body. An event that is refused does not keep the others
// from being taken; a body whose events cannot be told apart is an error.
func parseEvents(contentType string, body []byte, limits link.Limits, received time.Time) (*parsed, error) {
	media, err := mediaOf(contentType, oneEvent, eventBatch, plainJSON, ndjson)
	if err != nil {
		return nil, err
	}
	body = bytes.TrimSpace(body)
	array := len(body) > 0 && body[0] == '['
	p := &parsed{}
	switch {
	case len(body) == 0:
		return nil, unreadable("the body is empty", "send one event, a JSON array of events, or NDJSON")
	case media == ndjson:
		index := 0
		for line := range bytes.Lines(body) {
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			if index == maxEvents {
				return nil, tooManyEvents()
			}
			p.add(index, line, limits, received)
			index++
		}
	case media == eventBatch && !array:
		return nil, unreadable("a body of type "+eventBatch+" must be a JSON array", "send an array, or one event as "+oneEvent)
	case media == oneEvent && array:
		return nil, unreadable("a body of type "+oneEvent+" must be one JSON object", "send arrays as "+eventBatch)
	default:
		if err := json.Unmarshal(body, new(json.RawMessage)); err != nil {
			return nil, broken(err, "send one CloudEvents object, an array of them, or one a line as "+ndjson)
		}
		if p.single = !array; p.single {
			p.add(0, body, limits, received)
			break
		}
		items := json.NewDecoder(bytes.NewReader(body)) // cannot fail: the whole is valid
		_, _ = items.Token()
		for index := 0; items.More(); index++ {
			if index == maxEvents {
				return nil, tooManyEvents()
			}
			var item json.RawMessage
			_ = items.Decode(&item)
			p.add(index, item, limits, received)
		}
	}
	return p, nil
}

func tooManyEvents() error {
	return newProblem(http.StatusRequestEntityTooLarge, "", fmt.Sprintf("the body holds more than %d events", maxEvents), "send it in parts")
}

func (p *parsed) add(index int, raw []byte, limits link.Limits, received time.Time) {
	e, err := limits.Decode(raw, received)
	if err == nil {
		p.events = append(p.events, &e)
		return
	}
	if p.bad++; p.bad > maxFaultsTold {
		return
	}
	var invalid *link.InvalidError
	if !errors.As(err, &invalid) {
		invalid = &link.InvalidError{Field: "event", Fix: err.Error()}
	}
	f := fault(invalid, "")
	f.Index, f.ID = &index, idOf(raw)
	p.faults = append(p.faults, f)
}

// idOf returns the id of an event that was refused, if it can be made out, so
// that its sender finds it again.
func idOf(raw []byte) string {
	var e struct {
		ID json.RawMessage `json:"id"`
	}
	var id string
	if json.Unmarshal(raw, &e) != nil || json.Unmarshal(e.ID, &id) != nil {
		return ""
	}
	return printable(id)
}

func broken(err error, fix string) error {
	return unreadable("the body is not valid JSON: "+err.Error(), fix)
}

// mediaOf returns the media type of a body if it is one of the wanted ones. A
// body without any is JSON.
func mediaOf(contentType string, wanted ...string) (string, error) {
	if contentType == "" {
		return plainJSON, nil
	}
	media, parameters, err := mime.ParseMediaType(contentType)
	charset := parameters["charset"]
	if err == nil && slices.Contains(wanted, media) && (charset == "" || strings.EqualFold(charset, "utf-8")) {
		return media, nil
	}
	return "", newProblem(http.StatusUnsupportedMediaType, "", "Content-Type "+printable(contentType)+" is not understood",
		"send "+strings.Join(wanted, " or ")+", in UTF-8").with("Accept", strings.Join(wanted, ", "))
}
