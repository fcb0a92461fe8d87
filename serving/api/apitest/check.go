package apitest

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// tally counts how an operation answered.
type tally struct{ well, refused int }

// maxProblem is how long a problem may be, in bytes: what is about nonsense is short. A
// batch of events has an entry for each that was refused.
const maxProblem = 16 << 10

// Check holds an answer against what is promised of every one. busy says that 503 may be
// an answer.
func (g *Requests) Check(r Request, status int, header http.Header, body []byte, busy bool) error {
	known := r.path && r.Method == r.op.method
	if known {
		t := g.asked[r.op.String()]
		if t == nil {
			t = &tally{}
			g.asked[r.op.String()] = t
		}
		if status < 400 {
			t.well++
		} else {
			t.refused++
		}
	}
	if status >= 500 && !(busy && status == http.StatusServiceUnavailable) {
		return fmt.Errorf("%s: %d %s", r, status, body)
	}
	if id := header.Get("X-Request-Id"); id == "" || strings.ContainsAny(id, "\r\n <") {
		return fmt.Errorf("%s: request id %q", r, id)
	}
	if header.Get("X-Evil") != "" {
		return fmt.Errorf("%s: a header was smuggled in", r)
	}
	media, _, _ := mime.ParseMediaType(header.Get("Content-Type"))
	if known {
		documented, ok := r.op.Responses[strconv.Itoa(status)]
		if _, said := documented.Content[media]; !ok || len(body) > 0 && len(documented.Content) > 0 && !said {
			return fmt.Errorf("%s: %d as %q, which is not documented: %s", r, status, media, body)
		}
	}
	if status < 400 {
		return nil
	}
	if media != "application/problem+json" {
		return fmt.Errorf("%s: %d as %q", r, status, media)
	}
	if r.Method == http.MethodHead {
		return nil
	}
	return checkProblem(r, status, header, body)
}

func checkProblem(r Request, status int, header http.Header, body []byte) error {
	var p struct {
		Title, Detail, Fix string
		Status             int
		RequestID          string `json:"request_id"`
		Errors             []struct{ Field, Fix, Detail string }
	}
	if err := json.Unmarshal(body, &p); err != nil || !utf8.Valid(body) {
		return fmt.Errorf("%s: %d with a body that is no JSON (%w): %s", r, status, err, body)
	}
	if p.Status != status || p.Title != http.StatusText(status) || p.Detail == "" || p.Fix == "" || p.RequestID != header.Get("X-Request-Id") {
		return fmt.Errorf("%s: %d with the problem %s", r, status, body)
	}
	for _, e := range p.Errors {
		if e.Field == "" || e.Detail == "" || e.Fix == "" {
			return fmt.Errorf("%s: %d with an error that says too little: %s", r, status, body)
		}
	}
	if len(body) > maxProblem && len(p.Errors) < 2 {
		return fmt.Errorf("%s: %d with %d bytes", r, status, len(body))
	}
	return nil
}

// Covered says which operations were never answered well, or, where they take anything,
// never refused.
func (g *Requests) Covered() error {
	var left []string
	for _, op := range g.ops {
		t := g.asked[op.String()]
		takes := len(op.Parameters) > 0 || len(op.RequestBody.Content) > 0
		if t == nil || t.well == 0 || takes && t.refused == 0 {
			left = append(left, fmt.Sprintf("%s %+v", op, t))
		}
	}
	if len(left) > 0 {
		return fmt.Errorf("never both answered and refused: %s", strings.Join(left, ", "))
	}
	return nil
}
