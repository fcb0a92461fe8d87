package api

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Event is how an event is written; the link package reads it.
type Event struct {
	SpecVersion string    `json:"specversion" enum:"1.0"`
	ID          string    `json:"id" doc:"With source, identifies the event: sent again it changes nothing." example:"crawl-1-000001"`
	Source      string    `json:"source" doc:"Who saw it." example:"/crawlers/1"`
	Type        string    `json:"type" enum:"freshrank.page.crawled,freshrank.link.added,freshrank.link.removed,freshrank.page.gone,freshrank.page.alias"`
	Time        string    `json:"time" format:"date-time" doc:"When it was seen; the latest wins."`
	Content     string    `json:"datacontenttype,omitempty" example:"application/json"`
	Data        EventData `json:"data"`
	_           struct{}  `additionalProperties:"true"`
}

// EventData is what an event says.
type EventData struct {
	URL    string      `json:"url" doc:"The page that was seen." example:"https://example.com/"`
	Links  []EventLink `json:"links,omitempty" nullable:"false" doc:"Of page.crawled, which must have it: all links of the page."`
	Target string      `json:"target,omitempty" doc:"Of link.added, link.removed and page.alias, which must have it: the page at the other end." example:"https://example.org/"`
	Rel    string      `json:"rel,omitempty" doc:"Of link.added." example:"nofollow"`
}

// EventLink is one link of a crawled page.
type EventLink struct {
	URL string `json:"url" example:"https://example.org/"`
	Rel string `json:"rel,omitempty" doc:"By default a nofollow, ugc or sponsored link carries no rank." example:"nofollow"`
}

// eventsOperation describes the forms of a body that the handler reads itself.
func (s *Server) eventsOperation() huma.Operation {
	one := s.schema(reflect.TypeFor[Event](), "Event")
	many := &huma.Schema{Type: huma.TypeArray, Items: one}
	return huma.Operation{
		Method: http.MethodPost, Path: "/v1/events", OperationID: "submitEvents", Tags: []string{eventsTag}, Summary: "Submit events",
		Description: "One event, a JSON array, or one event a line. Answers when every valid event is durably in the log; those that were refused are listed and change nothing. " +
			"Sending an event twice is harmless: its source and id identify it.",
		DefaultStatus: http.StatusAccepted,
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			oneEvent:   {Schema: one, Examples: eventForms},
			eventBatch: {Schema: many, Example: []any{eventForms["page crawled"].Value, eventForms["link added"].Value}},
			plainJSON:  {Schema: &huma.Schema{OneOf: []*huma.Schema{one, many}}},
			ndjson:     {Schema: &huma.Schema{Type: huma.TypeString, Description: "One event a line."}},
		}},
	}
}

// eventForms has an event of each type.
var eventForms = map[string]*huma.Example{
	"page crawled": eventForm("1", "page.crawled", EventData{URL: "https://example.com/", Links: []EventLink{
		{URL: "https://example.org/"}, {URL: "https://ads.example/", Rel: "sponsored"}}}),
	"link added":   eventForm("2", "link.added", EventData{URL: "https://example.com/", Target: "https://example.net/"}),
	"link removed": eventForm("3", "link.removed", EventData{URL: "https://example.com/", Target: "https://example.org/"}),
	"page gone":    eventForm("4", "page.gone", EventData{URL: "https://example.org/old"}),
	"page alias":   eventForm("5", "page.alias", EventData{URL: "https://example.net/index.html", Target: "https://example.net/"}),
}

func eventForm(id, kind string, data EventData) *huma.Example {
	return &huma.Example{Value: Event{
		SpecVersion: "1.0", ID: "crawl-1-" + id, Source: "/crawlers/1", Type: "freshrank." + kind, Time: "2026-05-01T12:00:00Z", Data: data,
	}}
}
