package api

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// The groups of the document.
const (
	ranksTag   = "Ranks"
	eventsTag  = "Events"
	batchTag   = "Batch"
	serviceTag = "Service"
)

// document is the frame of the OpenAPI document; the operations fill it.
func document(version string) *huma.OpenAPI {
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Freshrank", Version: version,
			Description: "PageRank that is kept fresh. Every answer says how far from the truth it can be (`interval`) and how old it is (`as_of`, `lag_seconds`). Every error is `application/problem+json`.",
		},
		Tags: []*huma.Tag{
			{Name: ranksTag, Description: "What is known of a page, a host, a domain, and which pages rank highest."},
			{Name: eventsTag, Description: "What crawlers have seen."},
			{Name: batchTag, Description: "Recomputations of the whole graph and what they published."},
			{Name: serviceTag, Description: "How the service is."},
		},
		Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)},
	}
}

func (s *Server) routes() {
	get := func(path, id, tag, summary, description string) huma.Operation {
		return huma.Operation{Method: http.MethodGet, Path: path, OperationID: id, Tags: []string{tag}, Summary: summary, Description: description}
	}
	notModified := func() map[string]*huma.Response { // huma adds to it
		return map[string]*huma.Response{"304": {Description: "Nothing was published since the answer with that ETag."}}
	}

	op := get("/v1/ranks", "getRank", ranksTag, "Rank of a page", "Takes a URL as it stands in a link, and answers for its canonical form. There is no 404: a page nobody has heard of has the status unknown.")
	op.Responses = notModified()
	route(s, op, s.rank)

	op = huma.Operation{
		Method: http.MethodPost, Path: "/v1/ranks/lookup", OperationID: "lookupRanks", Tags: []string{ranksTag}, Summary: "Ranks of many pages",
		Description:  "Up to 1000 at once, all from one state of the view. A URL that cannot be used has the status invalid and does not spoil the others.",
		MaxBodyBytes: s.o.MaxBody + 1, BodyReadTimeout: -1, // the body is in memory already
		Errors: []int{400, 413, 415},
	}
	route(s, op, s.lookup)

	op = get("/v1/top", "listTop", ranksTag, "Highest ranked pages", "In descending order of rank. A cursor holds its place while the view is updated and ends when a newer one replaces it.")
	op.Responses, op.Errors = notModified(), []int{400, 410}
	route(s, op, s.top)
	op = get("/v1/hosts/{host}", "getHost", ranksTag, "Aggregate of a host", "Sum of the ranks of the host's pages.")
	op.Responses = notModified()
	route(s, op, s.hostSum)
	op = get("/v1/domains/{domain}", "getDomain", ranksTag, "Aggregate of a registered domain", "Sum of the ranks of the pages of all its hosts.")
	op.Responses = notModified()
	route(s, op, s.domainSum)

	route(s, s.eventsOperation(), s.events)

	op = huma.Operation{
		Method: http.MethodPost, Path: "/v1/batch/runs", OperationID: "requestRun", Tags: []string{batchTag}, Summary: "Recompute everything",
		Description:   "Asks for a run of the batch layer and answers at once. If a run is open already the answer is 409 and names it.",
		DefaultStatus: http.StatusAccepted, Errors: []int{409, 422},
	}
	route(s, op, s.requestRun)
	op = get("/v1/batch/runs", "listRuns", batchTag, "Batch runs", "Newest first.")
	op.Errors = []int{400, 422}
	route(s, op, s.listRuns)
	op = get("/v1/batch/runs/{id}", "getRun", batchTag, "A batch run", "Phase, progress and, in the end, the outcome.")
	op.Errors = []int{404}
	route(s, op, s.run)
	op = huma.Operation{
		Method: http.MethodDelete, Path: "/v1/batch/runs/{id}", OperationID: "cancelRun", Tags: []string{batchTag}, Summary: "Cancel a batch run",
		Description:   "A queued run ends at once, a running one as soon as it can; what it published stays.",
		DefaultStatus: http.StatusAccepted, Errors: []int{404, 409},
	}
	route(s, op, s.cancelRun)
	op = get("/v1/generations", "listGenerations", batchTag, "Generations", "What the batch layer has published, newest first: cut, size and bound of each.")
	op.Errors = []int{400, 422}
	route(s, op, s.generations)
	op = get("/v1/status", "getStatus", serviceTag, "State of the whole", "What answers are made from, how far they trail the log and how exact they are. Answers before the first generation, too.")
	route(s, op, s.status)

	s.serviceRoutes(get)
}

// eventsOperation describes the forms of a body that the handler reads itself.
func (s *Server) eventsOperation() huma.Operation {
	schemas := s.api.OpenAPI().Components.Schemas
	one := schemas.Schema(reflect.TypeFor[Event](), true, "Event")
	many := &huma.Schema{Type: huma.TypeArray, Items: one}
	return huma.Operation{
		Method: http.MethodPost, Path: "/v1/events", OperationID: "submitEvents", Tags: []string{eventsTag}, Summary: "Submit events",
		Description: "One event, a JSON array, or one event a line. Answers when every valid event is durably in the log; those that were refused are listed and change nothing. " +
			"Sending an event twice is harmless: its source and id identify it.",
		DefaultStatus: http.StatusAccepted, MaxBodyBytes: s.o.MaxBody + 1, SkipValidateBody: true,
		Errors: []int{400, 413, 415, 422},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			oneEvent:   {Schema: one},
			eventBatch: {Schema: many},
			plainJSON:  {Schema: &huma.Schema{OneOf: []*huma.Schema{one, many}}},
		}},
	}
}

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

// EventData is what an event says. A crawl has links, a single link and an
// alias have a target.
type EventData struct {
	URL    string      `json:"url" example:"https://example.com/"`
	Links  []EventLink `json:"links,omitempty" doc:"Of page.crawled: all links of the page."`
	Target string      `json:"target,omitempty" doc:"Of link.added, link.removed, page.alias." example:"https://example.org/"`
	Rel    string      `json:"rel,omitempty" doc:"Of link.added." example:"nofollow"`
	_      struct{}    `additionalProperties:"true"`
}

// EventLink is one link of a crawled page.
type EventLink struct {
	URL string   `json:"url" example:"https://example.org/"`
	Rel string   `json:"rel,omitempty" doc:"By default a nofollow, ugc or sponsored link carries no rank." example:"nofollow"`
	_   struct{} `additionalProperties:"true"`
}
