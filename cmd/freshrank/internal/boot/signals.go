package boot

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// Signals returns a context that ends with the first SIGINT or SIGTERM: the
// process then drains. A second signal ends the process at once, for whoever
// cannot wait. stop gives the signals their usual meaning back.
func Signals(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	c := make(chan os.Signal, 2)
	signal.Notify(c, syscall.SIGINT, syscall.SIGTERM)
	done := make(chan struct{})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		select {
		case <-done:
			return
		case <-c:
			cancel()
		}
		select {
		case <-done:
		case s := <-c:
			fmt.Fprintf(os.Stderr, "freshrank: second signal (%v): stopping without draining\n", s)
			os.Exit(ExitFailed)
		}
	}()
	return ctx, func() {
		signal.Stop(c)
		close(done)
		<-gone
		cancel()
	}
}
