package linkfile

import "sync"

// order lets steps that ran in parallel have a part of each done in order, up to the
// first that fails.
type order struct {
	mu   sync.Mutex
	turn *sync.Cond
	at   int
	err  error // of the first step that failed
}

func newOrder() *order {
	o := &order{}
	o.turn = sync.NewCond(&o.mu)
	return o
}

// next waits until the steps before i are done and ends step i: with do, unless err is
// there already or a step before it failed. Every step must call it once. It returns the error of step i.
func (o *order) next(i int, err error, do func() error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.at < i {
		o.turn.Wait()
	}
	if o.err == nil && err == nil {
		o.mu.Unlock()
		err = do()
		o.mu.Lock()
	}
	if o.err == nil {
		o.err = err
	}
	o.at++
	o.turn.Broadcast()
	return err
}

// failed reports whether a step that is done has failed, so that others need not begin.
func (o *order) failed() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err != nil
}
