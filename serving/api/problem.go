package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"freshrank/pagerank/link"
)

// Problem is the body of every error (RFC 9457). Type tells kinds of problems
// apart that share a status; without it the status says all there is.
type Problem struct {
	Type      string  `json:"type,omitempty" doc:"What kind of problem it is, for programs; absent if the status says it all." example:"urn:freshrank:problem:view-moved"`
	Title     string  `json:"title" example:"Unprocessable Entity"`
	Status    int     `json:"status" example:"422"`
	Detail    string  `json:"detail,omitempty" doc:"What went wrong this time."`
	Fix       string  `json:"fix,omitempty" doc:"What to do about it."`
	Instance  string  `json:"instance,omitempty" doc:"The resource that stands in the way."`
	RequestID string  `json:"request_id,omitempty" doc:"As in the X-Request-ID header; logs name it."`
	Errors    []Fault `json:"errors,omitempty" doc:"One entry for each wrong thing."`

	header http.Header
}

// Fault is one wrong thing in a request.
type Fault struct {
	Index  *int   `json:"index,omitempty" doc:"Position in the batch, from 0."`
	ID     string `json:"id,omitempty" doc:"The event's id, if it could be read."`
	Field  string `json:"field" doc:"Where it is."`
	Value  string `json:"value,omitempty" doc:"What was given, shortened."`
	Fix    string `json:"fix,omitempty" doc:"What to send instead."`
	Detail string `json:"detail" doc:"All of it in one line."`
}

// The three methods make huma treat a Problem as an error with a status, with
// headers and with a content type of its own.
func (p *Problem) Error() string                { return p.Detail }
func (p *Problem) GetStatus() int               { return p.Status }
func (p *Problem) GetHeaders() http.Header      { return p.header }
func (p *Problem) ContentType(ct string) string { return "application/problem+json" }

func newProblem(status int, kind, detail, fix string) *Problem {
	p := &Problem{Title: http.StatusText(status), Status: status, Detail: detail, Fix: fix}
	if kind != "" {
		p.Type = "urn:freshrank:problem:" + kind
	}
	return p
}

// retry says that the same request may succeed later.
func (p *Problem) retry(after time.Duration) *Problem {
	return p.with("Retry-After", strconv.Itoa(max(1, int(after.Seconds()))))
}

func (p *Problem) with(key, value string) *Problem {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set(key, value)
	return p
}

func (p *Problem) faults(f ...Fault) *Problem {
	p.Errors = append(p.Errors, f...)
	return p
}

// fault returns what an InvalidError says, its field renamed if name is not
// empty: the link package does not know what the API calls its parameters.
func fault(e *link.InvalidError, name string) Fault {
	named := *e
	named.Field = cmp.Or(name, e.Field)
	return Fault{Field: named.Field, Value: printable(e.Value), Fix: e.Fix, Detail: named.Error()}
}

// write answers with p where huma does not.
func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	p.RequestID = requestID(r.Context())
	for key, values := range p.header {
		w.Header()[key] = values
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(p) // the client is gone if this fails
}

// huma builds its own errors, for parameters that its schemas refuse,
// through two hooks of its package. They are set once, here.
func init() {
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		p := fromHuma(status, msg, errs...)
		p.RequestID = requestID(ctx.Context())
		return p
	}
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return fromHuma(status, msg, errs...)
	}
}

func fromHuma(status int, msg string, errs ...error) *Problem {
	p := newProblem(status, "", msg, "see /docs for what this route takes")
	if status >= 500 {
		p.Fix = fixOurs
	}
	for _, err := range errs {
		var d huma.ErrorDetailer
		if !errors.As(err, &d) || status >= 500 {
			continue // what is not about the request is not for the client
		}
		if len(p.Errors) == maxFaults {
			break
		}
		e := d.ErrorDetail()
		f := Fault{Field: printable(cmp.Or(e.Location, "request")), Fix: e.Message}
		if e.Value != nil {
			f.Value = printable(shown(e.Value))
		}
		f.Detail = fmt.Sprintf("%s %q: %s", f.Field, f.Value, e.Message)
		p.Errors = append(p.Errors, f)
	}
	switch len(p.Errors) {
	case 0:
	case 1:
		p.Detail = p.Errors[0].Detail
	default:
		p.Detail = "the request was refused"
	}
	return p
}

// maxFaults is how many wrong parameters are told at once: a long query can have
// thousands, each with a name that nobody knows.
const maxFaults = 20

// shown prints a value that was refused. A composite one would be the whole body.
func shown(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool, float64, int, int64:
		return fmt.Sprint(v)
	}
	return ""
}

// printable cuts a value that is echoed to 200 bytes of valid text.
func printable(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), 200)], "\uFFFD")
}

type contextKey int

const (
	requestIDKey contextKey = iota
	callerKey
)

// requestID returns the id of the request that ctx belongs to.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}
