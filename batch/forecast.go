package batch

import (
	"context"
	"time"
)

// forecastEvery is how often a runner that has nothing to do looks at what the next
// run would take: the log has grown.
const forecastEvery = time.Minute

// forecast estimates the next run and stores that for all to read. It is made when
// a runner becomes active, after each run, and now and then.
type forecast struct {
	*Runner
	next   time.Time // when it is due; zero: now
	report said
}

// renew makes the forecast if it is due. That it fails stops nobody: the run makes
// its own.
func (f *forecast) renew(ctx context.Context, epoch int64) {
	now := f.o.now()
	if now.Before(f.next) {
		return
	}
	f.next = now.Add(forecastEvery)
	e, err := f.Estimate(ctx)
	if err == nil {
		f.m.expects(e)
		err = f.o.View.Forecast(ctx, epoch, e)
	}
	if err != nil && ctx.Err() == nil {
		f.report.warn(ctx, "next batch run cannot be estimated: trying again", err)
	} else {
		f.report.quiet()
	}
}
