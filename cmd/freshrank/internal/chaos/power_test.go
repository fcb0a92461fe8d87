package chaos

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
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

	// A rank that is off by a hundredth, of a page that the speed layer says nothing of.
	now, err := w.api.status()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), w.dsn())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), fmt.Sprintf(`
		UPDATE batch_rank_%d AS b SET x = x * 1.01 WHERE page = (
		  SELECT page FROM batch_rank_%[1]d AS b WHERE x IS NOT NULL AND NOT EXISTS (SELECT FROM speed_rank AS s WHERE s.page = b.page) LIMIT 1)`,
		now.Generation))
	if err != nil {
		t.Fatal(err)
	}
	v = w.examine(t)
	found("a rank that is off", "which is outside of", v.untrue, v)
	found("a rank that is off", "freshrank verify: exit code 1", v.untrue, v)
}
