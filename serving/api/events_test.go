package api_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"freshrank/pagerank/link"
	"freshrank/serving/api"
)

// FuzzEvents: a body is refused as a problem, or each of its events is accepted
// in a form that can be written to the log, or blamed by its position.
func FuzzEvents(f *testing.F) {
	for _, media := range []string{"application/json", "application/cloudevents+json", "application/cloudevents-batch+json", "application/x-ndjson", "", "application/json; charset=latin1", ";"} {
		for _, body := range []string{good, wrong, "[" + good + "," + wrong + "]", good + "\n" + late, "", "[]", "[", "{}", "null", "[[]]", "\xff", `{"id":{}}`} {
			f.Add(media, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, media string, body []byte) {
		p, err := api.ParseEvents(media, body, link.DefaultLimits(), now)
		if err != nil {
			var problem *api.Problem
			if !errors.As(err, &problem) || problem.Status != 400 && problem.Status != 413 && problem.Status != 415 || problem.Detail == "" || problem.Fix == "" {
				t.Errorf("error %#v", err)
			}
			return
		}
		events, faults, bad := api.Parsed(p)
		for _, e := range events {
			if _, err := link.Encode(e); err != nil {
				t.Errorf("accepted %+v, which cannot be encoded: %v", e, err)
			}
		}
		last := -1
		for _, fault := range faults {
			if fault.Index == nil || *fault.Index <= last || *fault.Index >= len(events)+bad || len(faults) > min(bad, 100) || fault.Detail == "" {
				t.Errorf("fault %+v of %d, of %d events", fault, bad, len(events)+bad)
				return
			}
			last = *fault.Index
		}
	})
}

// TestManyEvents: a large batch is taken whole, in order.
func TestManyEvents(t *testing.T) {
	w := newWorld()
	var lines strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&lines, `{"specversion":"1.0","id":"e%d","source":"/t","type":"freshrank.page.gone","time":"2026-05-01T11:00:00Z","data":{"url":"https://a.example/%d"}}`+"\n", i, i)
	}
	got := do(w.server(), "POST", "/v1/events", lines.String(), linesType)
	if got.Code != 202 || !strings.Contains(got.Body.String(), `"accepted":20000`) || len(w.got) != 20_000 || w.got[19_999].ID != "e19999" {
		t.Errorf("%d %s, %d events", got.Code, got.Body, len(w.got))
	}
}
