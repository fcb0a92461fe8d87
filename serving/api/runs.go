package api

import (
	"context"
	"net/http"
	"time"

	"freshrank/serving"
)

// Run is a run of the batch layer.
type Run struct {
	ID              string     `json:"id" format:"uuid"`
	Trigger         string     `json:"trigger" enum:"first,cron,manual"`
	State           string     `json:"state" enum:"queued,running,succeeded,failed,cancelled"`
	Phase           string     `json:"phase" doc:"queued, archive, fold, rank, publish or done."`
	Progress        float64    `json:"progress" doc:"Of the whole run, 0 to 1, by the time that its phases are expected to take."`
	Rate            *float64   `json:"rate,omitempty" doc:"Of what the phase works on now, a second; absent while nothing is counted."`
	RateUnit        string     `json:"rate_unit,omitempty" doc:"What rate counts: records, events, links or rows."`
	SecondsLeft     *float64   `json:"seconds_left,omitempty" doc:"Until the run's end, estimated; only of one that is running."`
	Sweeps          int        `json:"sweeps" doc:"Passes over all links so far."`
	Bound           *float64   `json:"bound,omitempty" doc:"Certified error of all ranks together (L1) so far."`
	Events          int64      `json:"events" doc:"Log records that it has taken in."`
	Generation      *int64     `json:"generation,omitempty" doc:"The generation that it publishes."`
	Error           string     `json:"error,omitempty"`
	CancelRequested bool       `json:"cancel_requested"`
	ScheduledFor    *time.Time `json:"scheduled_for,omitempty" doc:"The tick of a run by schedule."`
	CreatedAt       time.Time  `json:"created_at"`
	StartedAt       *time.Time `json:"started_at,omitempty"`
	FinishedAt      *time.Time `json:"finished_at,omitempty"`
}

func runOf(r serving.Run) Run {
	return Run{
		ID: r.ID, Trigger: r.Trigger, State: r.State, Phase: r.Phase, Progress: r.Progress,
		Rate: r.Rate, RateUnit: r.RateUnit, SecondsLeft: r.SecondsLeft, Sweeps: r.Sweeps,
		Bound: r.Bound, Events: r.Events, Generation: r.Generation, Error: r.Error, CancelRequested: r.CancelRequested,
		ScheduledFor: utc(r.ScheduledFor), CreatedAt: r.CreatedAt.UTC(), StartedAt: utc(r.StartedAt), FinishedAt: utc(r.FinishedAt),
	}
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

type runOutput struct {
	Location     string `header:"Location" doc:"The run."`
	RetryAfter   int    `header:"Retry-After" doc:"Seconds after which to look again."`
	CacheControl string `header:"Cache-Control"`
	Body         Run
}

type requestRunInput struct {
	Key string `header:"Idempotency-Key" maxLength:"200" pattern:"^[!-~]+$" patternDescription:"visible ASCII characters" doc:"The same key asks for the same run, however often it is sent."`
}

func (s *Server) requestRun(ctx context.Context, in *requestRunInput) (*runOutput, error) {
	run, mine, err := s.o.Runs.Request(ctx, in.Key)
	if err != nil {
		return nil, err
	}
	at := "/v1/batch/runs/" + run.ID
	if !mine {
		p := newProblem(http.StatusConflict, "run-open", "a batch run is "+run.State+" already, and there is never more than one",
			"wait for it (GET "+at+") or cancel it (DELETE "+at+")")
		p.Instance = at
		return nil, p.with("Location", at).with("Link", "<"+at+`>; rel="related"`)
	}
	return &runOutput{Location: at, RetryAfter: 1, CacheControl: "no-store", Body: runOf(run)}, nil
}

type oneRunInput struct {
	ID string `path:"id" pattern:"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" patternDescription:"the id of a run, a UUID"`
}

type oneRunOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         Run
}

func (s *Server) run(ctx context.Context, in *oneRunInput) (*oneRunOutput, error) {
	run, err := s.o.Runs.Run(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &oneRunOutput{"no-store", runOf(run)}, nil
}

func (s *Server) cancelRun(ctx context.Context, in *oneRunInput) (*runOutput, error) {
	run, err := s.o.Runs.Cancel(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &runOutput{Location: "/v1/batch/runs/" + run.ID, RetryAfter: 1, CacheControl: "no-store", Body: runOf(run)}, nil
}

type listInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"20"`
	Cursor string `query:"cursor" doc:"next_cursor of the answer before."`
}

// List is a part of a list, newest first.
type List[T any] struct {
	Items      []T    `json:"items" nullable:"false"`
	NextCursor string `json:"next_cursor,omitempty" doc:"For what follows; absent at the end."`
}

type listOutput[T any] struct {
	CacheControl string `header:"Cache-Control"`
	Body         List[T]
}

func (s *Server) listRuns(ctx context.Context, in *listInput) (*listOutput[Run], error) {
	var after *serving.RunMark
	if in.Cursor != "" {
		var err error
		if after, err = decodeRun(in.Cursor); err != nil {
			return nil, err
		}
	}
	runs, err := s.o.Runs.List(ctx, in.Limit+1, after)
	if err != nil {
		return nil, err
	}
	return page(in.Limit, runs, runOf, func(r serving.Run) string {
		return encodeRun(serving.RunMark{CreatedAt: r.CreatedAt, ID: r.ID})
	}), nil
}

// page makes an answer of up to limit of the items; one more than that says
// that there is more.
func page[S, T any](limit int, items []S, convert func(S) T, cursor func(last S) string) *listOutput[T] {
	out := &listOutput[T]{CacheControl: "no-store"}
	if len(items) > limit {
		items = items[:limit]
		out.Body.NextCursor = cursor(items[limit-1])
	}
	out.Body.Items = make([]T, len(items))
	for i, item := range items {
		out.Body.Items[i] = convert(item)
	}
	return out
}
