package boot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Part is something that runs until its context ends. What a part can sit out,
// such as a restart of Postgres, it does by itself; an error ends the process.
type Part struct {
	Name string
	Run  func(ctx context.Context) error
}

// RunGroup starts all parts and waits for all of them. The first part that
// fails, or ends before its time, stops the others; so does the end of ctx, which
// is no error.
func RunGroup(ctx context.Context, parts ...Part) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	for _, p := range parts {
		wg.Go(func() {
			err := p.Run(ctx)
			mu.Lock()
			defer mu.Unlock()
			if ctx.Err() == nil && err == nil {
				err = errors.New("ended before it was asked to")
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				errs = append(errs, fmt.Errorf("run %s: %w", p.Name, err))
			}
			cancel()
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Sleep waits for d or the end of ctx.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
