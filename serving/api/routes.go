package api

import (
	"net/http"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"freshrank/serving"
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
	order := 0
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
		Components: &huma.Components{
			Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
			SecuritySchemes: map[string]*huma.SecurityScheme{securityScheme: {
				Type: "http", Scheme: "bearer",
				Description: "An API key, made by `freshrank keys create`. Each operation names the scope that the key must have. A server that only its own machine can reach asks for none until the first is made.",
			}},
		},
		// Paths are an object, which has no order; /docs shows the routes in ours.
		OnAddOperation: []huma.AddOpFunc{func(_ *huma.OpenAPI, op *huma.Operation) {
			order++
			op.Extensions = map[string]any{"x-order": order}
		}},
	}
}

func (s *Server) routes() {
	get := func(path, id, tag, summary, description string) huma.Operation {
		errors := []int{http.StatusUnprocessableEntity} // no route takes parameters that it does not know
		if s.o.RateLimit > 0 && !slices.Contains(unlimited, path) {
			errors = append(errors, http.StatusTooManyRequests)
		}
		return huma.Operation{
			Method: http.MethodGet, Path: path, OperationID: id, Tags: []string{tag}, Summary: summary, Description: description,
			Errors: errors,
		}
	}
	notModified := func() map[string]*huma.Response { // huma adds to it
		return map[string]*huma.Response{"304": {Description: "Nothing was published since the answer with that ETag."}}
	}

	op := get("/v1/ranks", "getRank", ranksTag, "Rank of a page", "Takes a URL as it stands in a link, and answers for its canonical form. There is no 404: a page nobody has heard of has the status unknown.")
	op.Responses = notModified()
	route(s, s.needs(serving.ScopeRead, op), s.rank)

	op = huma.Operation{
		Method: http.MethodPost, Path: "/v1/ranks/lookup", OperationID: "lookupRanks", Tags: []string{ranksTag}, Summary: "Ranks of many pages",
		Description: "Up to 1000 at once, all from one state of the view. A URL that cannot be used has the status invalid and does not spoil the others.",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{plainJSON: {
			Schema:  s.schema(reflect.TypeFor[Lookup](), "Lookup"),
			Example: map[string]any{"urls": []string{"https://example.com/", "https://example.org/"}},
		}}},
	}
	route(s, s.needs(serving.ScopeRead, op), s.lookup)

	op = get("/v1/top", "listTop", ranksTag, "Highest ranked pages", "In descending order of rank. A cursor holds its place while the view is updated and ends when a newer one replaces it.")
	op.Responses, op.Errors = notModified(), []int{400, 410}
	route(s, s.needs(serving.ScopeRead, op), s.top)
	op = get("/v1/hosts/{host}", "getHost", ranksTag, "Aggregate of a host", "Sum of the ranks of the host's pages.")
	op.Responses = notModified()
	route(s, s.needs(serving.ScopeRead, op), s.hostSum)
	op = get("/v1/domains/{domain}", "getDomain", ranksTag, "Aggregate of a registered domain", "Sum of the ranks of the pages of all its hosts.")
	op.Responses = notModified()
	route(s, s.needs(serving.ScopeRead, op), s.domainSum)

	route(s, s.needs(serving.ScopeSubmit, s.eventsOperation()), s.events)

	op = huma.Operation{
		Method: http.MethodPost, Path: "/v1/batch/runs", OperationID: "requestRun", Tags: []string{batchTag}, Summary: "Recompute everything",
		Description:   "Asks for a run of the batch layer and answers at once. If a run is open already the answer is 409 and names it.",
		DefaultStatus: http.StatusAccepted, Errors: []int{409},
	}
	route(s, s.needs(serving.ScopeAdmin, op), s.requestRun)
	op = get("/v1/batch/runs", "listRuns", batchTag, "Batch runs", "Newest first.")
	op.Errors = []int{400}
	route(s, s.needs(serving.ScopeRead, op), s.listRuns)
	op = get("/v1/batch/runs/{id}", "getRun", batchTag, "A batch run", "Phase, progress, rate and time left; in the end, the outcome.")
	op.Errors = []int{404}
	route(s, s.needs(serving.ScopeRead, op), s.run)
	op = huma.Operation{
		Method: http.MethodDelete, Path: "/v1/batch/runs/{id}", OperationID: "cancelRun", Tags: []string{batchTag}, Summary: "Cancel a batch run",
		Description:   "A queued run ends at once, a running one as soon as it can; what it published stays.",
		DefaultStatus: http.StatusAccepted, Errors: []int{404, 409},
	}
	route(s, s.needs(serving.ScopeAdmin, op), s.cancelRun)
	op = get("/v1/batch/estimate", "getEstimate", batchTag, "What a run would take", "Memory, disk and time of the next run, from the newest graph and the events that wait. One that does not fit is refused before it begins.")
	op.Errors = []int{404}
	route(s, s.needs(serving.ScopeRead, op), s.estimate)
	op = get("/v1/generations", "listGenerations", batchTag, "Generations", "What the batch layer has published, newest first: cut, size and bound of each.")
	op.Errors = []int{400}
	route(s, s.needs(serving.ScopeRead, op), s.generations)
	op = get("/v1/status", "getStatus", serviceTag, "State of the whole", "What answers are made from, how far they trail the log and how exact they are. Answers before the first generation, too.")
	route(s, s.needs(serving.ScopeRead, op), s.status)

	s.serviceRoutes(get)
}

func (s *Server) schema(of reflect.Type, name string) *huma.Schema {
	return s.api.OpenAPI().Components.Schemas.Schema(of, true, name)
}
