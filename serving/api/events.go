package api

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

type eventsInput struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	RawBody     []byte `contentType:"application/x-ndjson"`
}

// Receipt says what became of submitted events.
type Receipt struct {
	Accepted int     `json:"accepted" doc:"Events that are durably in the log."`
	Rejected int     `json:"rejected" doc:"Events that were refused and change nothing."`
	Errors   []Fault `json:"errors" nullable:"false" doc:"Why, one entry for each refused event, the first 100 of them."`
}

type eventsOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         Receipt
}

// events answers 202 once every valid event is durably in the log; until then
// nothing is said about any of them.
func (s *Server) events(ctx context.Context, in *eventsInput) (*eventsOutput, error) {
	if err := s.gate.check(ctx); err != nil {
		return nil, err
	}
	p, err := parseEvents(in.ContentType, in.RawBody, s.o.Limits, s.o.Now())
	if err != nil {
		return nil, err
	}
	s.metrics.events.WithLabelValues("rejected").Add(float64(p.bad))
	if len(p.events) == 0 && p.bad > 0 {
		if p.single {
			p.faults[0].Index = nil
		}
		problem := refused(p.faults...)
		if p.bad > len(p.faults) {
			problem.Detail = fmt.Sprintf("all %d events were refused, of which errors lists the first %d", p.bad, len(p.faults))
		}
		return nil, problem
	}
	if len(p.events) > 0 {
		if err := s.o.Submitter.Submit(ctx, p.events); err != nil {
			s.metrics.events.WithLabelValues("failed").Add(float64(len(p.events)))
			return nil, err
		}
	}
	s.metrics.events.WithLabelValues("accepted").Add(float64(len(p.events)))
	out := &eventsOutput{CacheControl: "no-store"}
	out.Body = Receipt{Accepted: len(p.events), Rejected: p.bad, Errors: append([]Fault{}, p.faults...)}
	return out, nil
}

// gate refuses events while the answers trail the log by more than max; 0: never. If
// that cannot be found out, they pass: the log can hold them.
type gate struct {
	max    time.Duration
	health *health
}

func (g *gate) check(ctx context.Context) error {
	if g.max <= 0 {
		return nil
	}
	h, err := g.health.get(ctx)
	if err != nil || !h.Ready || h.Lag <= g.max {
		return nil
	}
	return newProblem(http.StatusServiceUnavailable, "lagging",
		fmt.Sprintf("the answers are %s behind the log, more than the %s that are allowed", h.Lag.Round(time.Second), g.max),
		"send the events again later; none of them was taken").retry(5 * time.Second)
}
