package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"freshrank/serving/api"
)

// TestDocument reads /openapi.json as a client would: every route stands in it,
// every reference leads somewhere, every operation can be told apart and
// documents its errors as problems.
func TestDocument(t *testing.T) {
	s := newWorld().server()
	got := do(s, "GET", "/openapi.json", "")
	var doc struct {
		OpenAPI    string
		Info       struct{ Title, Version string }
		Tags       []struct{ Name string }
		Components struct{ Schemas map[string]json.RawMessage }
		Paths      map[string]map[string]struct {
			OperationID, Summary, Description string
			Tags                              []string
			Parameters                        []struct{ Name, In, Description string }
			Responses                         map[string]struct {
				Description string
				Content     map[string]struct{ Schema json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal(got.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" || doc.Info.Title == "" || doc.Info.Version != "1.2.3" {
		t.Errorf("openapi %q, info %+v", doc.OpenAPI, doc.Info)
	}
	for _, m := range regexp.MustCompile(`"\$ref":"([^"]*)"`).FindAllStringSubmatch(got.Body.String(), -1) {
		name, ok := strings.CutPrefix(m[1], "#/components/schemas/")
		if _, there := doc.Components.Schemas[name]; !ok || !there {
			t.Errorf("reference %s leads nowhere", m[1])
		}
	}

	routes := map[string]bool{}
	err := chi.Walk(api.Routes(s), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes[method+" "+route] = true
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for path, item := range doc.Paths {
		for method, op := range item {
			where := strings.ToUpper(method) + " " + path
			if !routes[where] {
				t.Errorf("%s is documented and does not exist", where)
			}
			delete(routes, where)
			if op.OperationID == "" || ids[op.OperationID] || op.Summary == "" || op.Description == "" || len(op.Tags) != 1 {
				t.Errorf("%s: id %q, summary %q, description %q, tags %v", where, op.OperationID, op.Summary, op.Description, op.Tags)
			}
			ids[op.OperationID] = true
			for _, name := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
				if !slices.ContainsFunc(op.Parameters, func(p struct{ Name, In, Description string }) bool { return p.Name == name[1] && p.In == "path" }) {
					t.Errorf("%s: path parameter %s is not documented", where, name[1])
				}
			}
			for code, r := range op.Responses {
				if r.Description == "" {
					t.Errorf("%s: response %s has no description", where, code)
				}
				if code >= "4" {
					if problem := string(r.Content["application/problem+json"].Schema); !strings.Contains(problem, "/Problem") {
						t.Errorf("%s: response %s has the content %v", where, code, r.Content)
					}
				}
			}
		}
	}
	for where := range routes {
		t.Errorf("%s is not documented", where)
	}
	for name, raw := range doc.Components.Schemas {
		checkSchema(t, name, raw)
	}
}

// checkSchema checks what the JSON Schema of OpenAPI 3.1 demands of the few
// keywords that are used.
func checkSchema(t *testing.T, at string, raw json.RawMessage) {
	t.Helper()
	var s struct {
		Ref                  string          `json:"$ref"`
		Type                 any             `json:"type"`
		Items                json.RawMessage `json:"items"`
		OneOf                []json.RawMessage
		Properties           map[string]json.RawMessage
		Required             []string
		AdditionalProperties json.RawMessage
		Nullable             *bool
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Errorf("schema %s: %v", at, err)
		return
	}
	if s.Nullable != nil {
		t.Errorf("schema %s: nullable is of OpenAPI 3.0", at)
	}
	types, _ := s.Type.([]any)
	if one, ok := s.Type.(string); ok {
		types = []any{one}
	}
	for _, one := range types {
		if !slices.Contains([]any{"string", "number", "integer", "boolean", "array", "object", "null"}, one) {
			t.Errorf("schema %s: type %v", at, one)
		}
	}
	if slices.Contains(types, "array") && s.Items == nil {
		t.Errorf("schema %s: array of what?", at)
	}
	for _, name := range s.Required {
		if s.Properties[name] == nil {
			t.Errorf("schema %s: %s is required and not described", at, name)
		}
	}
	for name, p := range s.Properties {
		checkSchema(t, at+"."+name, p)
	}
	for i, p := range s.OneOf {
		checkSchema(t, fmt.Sprintf("%s.oneOf[%d]", at, i), p)
	}
	if s.Items != nil {
		checkSchema(t, at+"[]", s.Items)
	}
}

// TestDocumentedBodies: what the document gives as an example is accepted, and no
// body is described as mere bytes.
func TestDocumentedBodies(t *testing.T) {
	w := newWorld()
	s := w.server()
	tried := 0
	for path, item := range s.OpenAPI().Paths {
		if item.Post == nil || item.Post.RequestBody == nil {
			continue
		}
		for media, content := range item.Post.RequestBody.Content {
			if content.Schema.Format == "binary" {
				t.Errorf("%s as %s is described as bytes", path, media)
			}
			examples := map[string]any{}
			for name, e := range content.Examples {
				examples[name] = e.Value
			}
			if content.Example != nil {
				examples["the only one"] = content.Example
			}
			for name, e := range examples {
				body, err := json.Marshal(e)
				if err != nil {
					t.Fatal(err)
				}
				got := do(s, "POST", path, string(body), "Content-Type: "+media)
				if tried++; got.Code >= 300 || strings.Contains(got.Body.String(), `"field"`) {
					t.Errorf("%s as %s, %s: %d %s", path, media, name, got.Code, got.Body)
				}
			}
		}
	}
	if tried < 7 || len(w.got) < 7 {
		t.Errorf("%d examples were tried, %d events came through", tried, len(w.got))
	}
}

// TestDocsPage: it needs nothing from elsewhere, and its policy lets its own
// script and style run.
func TestDocsPage(t *testing.T) {
	got := do(newWorld().server(), "GET", "/docs", "")
	if got.Code != 200 || !strings.HasPrefix(got.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("%d %s", got.Code, got.Header().Get("Content-Type"))
	}
	page, policy := got.Body.String(), got.Header().Get("Content-Security-Policy")
	if m := regexp.MustCompile(`(?i)(https?:)?//[a-z]|\ssrc=|<link|style="|\son\w+=`).FindString(page); m != "" {
		t.Errorf("the page has %q", m)
	}
	if len(page) > 20_000 {
		t.Errorf("the page has %d bytes", len(page))
	}
	if strings.Count(policy, "'sha256-") != 2 || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %s", policy)
	}
}
