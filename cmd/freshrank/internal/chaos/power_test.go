package chaos

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"freshrank/cmd/freshrank/internal/processtest"
)

// power shows that the checks see what they are to see: each damage is done and found.
// It is the last thing that a system is good for.
func (w *watch) power(t *testing.T) {
	t.Helper()
	found := func(what, want string, count int, v *verdict) {
		t.Helper()
		if count == 0 || !strings.Contains(strings.Join(v.faults, "\n"), want) {
			t.Errorf("%s is not found: %q", what, v.faults)
		}
	}

	never := identity{"https://crawler-0.example/", "never sent"}
	w.ledger.mu.Lock()
	w.ledger.entries[never] = &entry{acked: time.Now()}
	w.ledger.mu.Unlock()
	v := w.examine(t)
	found("a lost event", "was acknowledged, and is not in the topic", v.lost, v)
	w.ledger.mu.Lock()
	delete(w.ledger.entries, never)
	w.ledger.mu.Unlock()

	// An archive whose records stand at other offsets than the topic's.
	w.requestRun()
	w.examine(t)
	clear(w.read)
	records := w.topic.partitions[0]
	w.topic.partitions[0] = append(records[:1:1], records...)
	v = &verdict{}
	w.checkArchive(t, v)
	found("another record", "in the topic", v.lost, v)
	w.topic.partitions[0] = records

	// Ranks that are off by a hundredth, of pages that the speed layer says nothing of.
	w.feed.hold()
	w.settle(t)
	end := w.topic.read(t)
	now, err := w.api.status()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), w.dsn())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), fmt.Sprintf(`UPDATE batch_rank_%d SET x = x * 1.01`, now.Generation)); err != nil {
		t.Fatal(err)
	}
	v = &verdict{}
	w.checkSettled(t, v, end)
	found("a rank that is off", "which is outside of", v.untrue, v)
	if out, code := processtest.Run(t, append([]string{"verify"}, w.direct()...)...); code != 1 {
		t.Errorf("freshrank verify of damaged ranks: exit code %d\n%s", code, out)
	}
	w.feed.release()
}
