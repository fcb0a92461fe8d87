package speed

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// maxDrift is how far the conservation law may be off, relative to N; rounding
// makes about 1e−9.
const maxDrift = 1e-6

var errDrift = errors.New("conservation law does not hold: an update was lost or doubled")

type writeResult struct {
	Publication
	staged int64 // number of the view that was written; 0: an update
	took   time.Duration
	err    error
}

// publish starts to write what has changed, unless a write is under way, failed
// just now, or nothing is to be written.
func (s *session) publish(ctx context.Context) error {
	if s.writing || s.hold != nil {
		return nil
	}
	s.takeOver()
	if !s.due || !s.mayPublish() {
		return nil
	}
	s.live.asOf = later(s.live.asOf, s.committed.AsOf) // live covers all that it covered
	limit := s.pace.rows
	if s.live.view == 0 {
		limit = stagedRows
	}
	p, err := s.live.publication(s.epoch, s.fresh, limit)
	if err != nil {
		s.metrics.rebuilds.Inc()
		return err
	}
	s.due, s.writing = false, true
	s.group.Go(func() { s.written <- s.write(ctx, p) })
	return nil
}

// publication collects what has changed since the last one that succeeded, in about
// limit rows. It refuses to say anything when the numbers contradict each other.
func (s *state) publication(epoch int64, f freshness, limit int) (Publication, error) {
	s.collect(limit - len(s.pending))
	s.sequence++ // not only when it succeeds: one may have happened whose answer was lost
	p := Publication{Epoch: epoch, View: s.view, Switch: !s.switched, Header: s.header(f)}
	// Not "> maxDrift", which is false of NaN.
	if drift := p.Header.Certificate.Drift(); !(drift <= maxDrift) {
		return p, fmt.Errorf("publish view on generation %d: drift %g: %w", s.gen.Number, drift, errDrift)
	}
	p.Rows = s.rows()
	return p, nil
}

// write stages p if it belongs to no view yet.
func (l *Layer) write(ctx context.Context, p Publication) writeResult {
	began := time.Now()
	r := writeResult{Publication: p}
	if p.View == 0 {
		r.staged, r.err = l.opt.View.Stage(ctx, p)
	} else {
		r.err = l.opt.View.Publish(ctx, p)
	}
	r.took = time.Since(began)
	return r
}

// finish takes in what became of a write. Whatever failed stays pending and is
// written with the next one, under a later header.
func (s *session) finish(ctx context.Context, r writeResult) error {
	s.writing = false
	if r.err == nil && r.staged == 0 && !r.Switch {
		s.pace.saw(len(r.Rows), r.took)
		s.seen.slack = r.Header.Certificate.Slack
		if s.live.partly { // the database gets as much time for others
			s.due, s.hold = true, time.After(min(r.took, writeTime))
		}
	}
	if errors.Is(r.err, ErrFenced) || errors.Is(r.err, ErrNoView) {
		return r.err
	}
	s.faults.report(ctx, attemptPublish, r.err, "generation", r.Header.Generation, "offsets", r.Header.Offsets)
	if r.err != nil {
		s.pace.failed()
		s.due, s.hold = true, time.After(s.opt.Retry)
		return nil
	}
	s.faults.report(ctx, attemptView, nil)
	clear(s.live.pending)
	s.live.unsaid -= s.live.saying
	if r.staged != 0 {
		s.live.view, s.due = r.staged, true
		return nil
	}
	s.Layer.epoch = r.Epoch
	s.metrics.published(r.Publication, r.took)
	s.opt.OnPublish(r.Publication)
	s.opt.Logger.DebugContext(ctx, "published", "view", r.View, "generation", r.Header.Generation, "offsets", r.Header.Offsets, "sequence", r.Header.Sequence,
		"rows", len(r.Rows), "took", r.took)
	if r.Switch {
		s.live.switched = true
		s.opt.Logger.InfoContext(ctx, "switched view", "view", r.View, "generation", r.Header.Generation, "offsets", r.Header.Offsets, "rows", len(r.Rows))
		s.sweep(ctx)
	}
	return nil
}

// sweep removes what the switch has left behind; if that fails, the next one
// does it.
func (s *session) sweep(ctx context.Context) {
	if s.closing {
		return
	}
	s.group.Go(func() { s.faults.report(ctx, attemptSweep, s.opt.View.Sweep(ctx, s.epoch)) })
}
