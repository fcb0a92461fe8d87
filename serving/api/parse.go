package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
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

// parsed is what a body of events holds.
type parsed struct {
	events []*link.Event
	faults []Fault // by index
	single bool    // the body is one event, not a batch of one
}

// parseEvents reads a body. An event that is refused does not keep the others
// from being taken; a body whose events cannot be told apart is an error.
func parseEvents(contentType string, body []byte, limits link.Limits, received time.Time) (*parsed, error) {
	media, parameters, err := mime.ParseMediaType(contentType)
	if contentType == "" {
		media, err = plainJSON, nil
	}
	charset := parameters["charset"]
	if err != nil || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, unknownMedia(contentType)
	}
	body = bytes.TrimSpace(body)
	array := len(body) > 0 && body[0] == '['
	p := &parsed{}
	switch {
	case media != oneEvent && media != eventBatch && media != plainJSON && media != ndjson:
		return nil, unknownMedia(contentType)
	case len(body) == 0:
		return nil, unreadable("the body is empty", "send one event, a JSON array of events, or NDJSON")
	case media == ndjson:
		index := 0
		for line := range bytes.Lines(body) {
			if line = bytes.TrimSpace(line); len(line) > 0 {
				p.add(index, line, limits, received)
				index++
			}
		}
	case media == eventBatch && !array:
		return nil, unreadable("a body of type "+eventBatch+" must be a JSON array", "send an array, or one event as "+oneEvent)
	case media == oneEvent && array:
		return nil, unreadable("a body of type "+oneEvent+" must be one JSON object", "send arrays as "+eventBatch)
	case array:
		var items []json.RawMessage
		if err := json.Unmarshal(body, &items); err != nil {
			return nil, broken(err)
		}
		for i, item := range items {
			p.add(i, item, limits, received)
		}
	default:
		p.single = true
		if !json.Valid(body) {
			var v any
			return nil, broken(json.Unmarshal(body, &v))
		}
		p.add(0, body, limits, received)
	}
	return p, nil
}

func (p *parsed) add(index int, raw []byte, limits link.Limits, received time.Time) {
	e, err := limits.Decode(raw, received)
	if err == nil {
		p.events = append(p.events, &e)
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

func broken(err error) error {
	return unreadable("the body is not valid JSON: "+err.Error(), "send one CloudEvents object, an array of them, or one a line as "+ndjson)
}

func unknownMedia(contentType string) error {
	return newProblem(http.StatusUnsupportedMediaType, "", "Content-Type "+printable(contentType)+" is not understood",
		"send "+oneEvent+", "+eventBatch+", "+plainJSON+" or "+ndjson+", in UTF-8").
		with("Accept", oneEvent+", "+eventBatch+", "+plainJSON+", "+ndjson)
}
