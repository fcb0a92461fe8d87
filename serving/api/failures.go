package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"freshrank/pagerank/link"
	"freshrank/serving"
)

// problem decides which status an error becomes. What is not listed is a fault
// of ours: logged in full, told in brief.
func (s *Server) problem(ctx context.Context, err error) *Problem {
	var p *Problem
	var invalid *link.InvalidError
	switch {
	case errors.As(err, &p):
	case errors.As(err, &invalid):
		p = refused(fault(invalid, ""))
	case errors.Is(err, serving.ErrNotReady):
		p = newProblem(http.StatusServiceUnavailable, "not-ready", "no generation has been published yet, so no rank can be given",
			"wait for the first batch run (GET /v1/batch/runs shows it); without any graph, import one or submit events first").retry(2 * time.Second)
	case errors.Is(err, serving.ErrViewMoved):
		p = newProblem(http.StatusGone, "view-moved", "the cursor belongs to a view that has been replaced by a newer one",
			"start again without a cursor")
	case errors.Is(err, serving.ErrNoRun):
		p = newProblem(http.StatusNotFound, "no-such-run", "there is no batch run with this id", "GET /v1/batch/runs lists them")
	case errors.Is(err, serving.ErrNoEstimate):
		p = newProblem(http.StatusNotFound, "no-estimate", "no batch runner has said yet what a run would take",
			"start one (`freshrank batch` or `freshrank up`), or ask it directly: `freshrank batch run --estimate`")
	case errors.Is(err, serving.ErrRunFinished):
		p = newProblem(http.StatusConflict, "run-finished", "the batch run has ended and cannot be cancelled", "GET it to see how it ended")
	case errors.Is(err, serving.ErrLogUnavailable):
		s.log.WarnContext(ctx, "events not taken", "error", err, "request_id", requestID(ctx))
		p = newProblem(http.StatusServiceUnavailable, "log-unavailable", "the log has not confirmed the events; some of them may be in it",
			"send the whole request again: events that are in the log already change nothing").retry(2 * time.Second)
	case ctx.Err() != nil, errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, serving.ErrUnavailable):
		p = newProblem(http.StatusServiceUnavailable, "timeout", "the answer took too long", "try again, with a smaller request if it was a large one").retry(time.Second)
	case errors.Is(err, serving.ErrUnavailable):
		s.log.WarnContext(ctx, "database unavailable", "error", err, "request_id", requestID(ctx))
		p = newProblem(http.StatusServiceUnavailable, "database-unavailable", "the database cannot be reached or is too busy", "try again").retry(time.Second)
	default:
		s.log.ErrorContext(ctx, "request failed", "error", err, "request_id", requestID(ctx))
		p = newProblem(http.StatusInternalServerError, "", "something went wrong on our side", fixOurs)
	}
	p.RequestID = requestID(ctx)
	return p
}

// fixOurs is the way out of a fault of ours.
const fixOurs = "report the request_id; the log has the details"

// refused is the answer to values that can be read but not be used.
func refused(f ...Fault) *Problem {
	p := newProblem(http.StatusUnprocessableEntity, "", "the request was refused", fixEach).faults(f...)
	if len(f) == 1 {
		p.Detail, p.Fix = f[0].Detail, f[0].Fix
	}
	return p
}

// fixEach is the way out of a problem with several faults.
const fixEach = "each entry of errors says what to send instead"

// unreadable is the answer to what cannot be read at all.
func unreadable(detail, fix string, f ...Fault) *Problem {
	return newProblem(http.StatusBadRequest, "", detail, fix).faults(f...)
}
