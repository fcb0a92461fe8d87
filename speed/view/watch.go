package view

import (
	"context"
	"time"
)

const (
	generationChannel = "freshrank_generation"
	reconnect         = 5 * time.Second
)

// Watch implements [speed.View] by LISTEN. It connects again after a failure and
// wakes then, since a notification may have been missed.
func (v *View) Watch(ctx context.Context, wake func()) {
	for ctx.Err() == nil {
		err := v.listen(ctx, wake)
		if ctx.Err() != nil {
			return
		}
		v.log.DebugContext(ctx, "not listening for generations", "error", err)
		t := time.NewTimer(reconnect)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
		}
	}
}

func (v *View) listen(ctx context.Context, wake func()) error {
	conn, err := v.connect(ctx)
	if err != nil {
		return err
	}
	defer closeNow(conn)
	if _, err := conn.Exec(ctx, `LISTEN `+generationChannel); err != nil {
		return err
	}
	for {
		wake()
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}
