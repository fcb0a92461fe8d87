package chaos

import (
	"maps"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"

	"freshrank/pagerank/link"
)

// checkCounts compares what the product counts with what there is to be counted.
func (w *watch) checkCounts(t *testing.T, v *verdict, now status) {
	t.Helper()
	end := link.Offsets(now.Offsets.Applied)
	events, dead := w.count(w.history.generations[now.Speed.Generation].offsets, end)
	if now.Speed.Events != events || now.Speed.DeadLetters != dead {
		v.fault(&v.doubled, "since generation %d %d events are said to be applied and %d set aside; the topic has %d and %d",
			now.Speed.Generation, now.Speed.Events, now.Speed.DeadLetters, events, dead)
	}

	var from link.Offsets
	w.query(t, `SELECT g.generation, g.cut, r.events FROM batch_generation g JOIN batch_run r ON r.id = g.run ORDER BY g.generation`, func(r pgx.Rows) error {
		var generation, said int64
		var cut link.Offsets
		if err := r.Scan(&generation, (*[]int64)(&cut), &said); err != nil {
			return err
		}
		if events, _ := w.count(from, cut); said != events && !w.remade[generation] {
			v.fault(&v.doubled, "generation %d is said to have folded %d events; between its cut and the one before are %d", generation, said, events)
		}
		from = cut
		return nil
	})

	bad, set := map[letter]bool{}, map[letter]bool{}
	for p, records := range w.topic.partitions {
		for o, r := range records {
			if r.event == nil {
				bad[letter{strconv.Itoa(p), strconv.Itoa(o)}] = true
			}
		}
	}
	for _, l := range w.topic.letters {
		set[l] = true
	}
	if !maps.Equal(set, bad) {
		v.fault(&v.lost, "%d records are no events, and the topic of dead letters has %d: %v and %v", len(bad), len(set), bad, set)
	}
}

// count returns how many records from ≤ offset < to are events, and how many are none.
func (w *watch) count(from, to link.Offsets) (events, dead int64) {
	for p, records := range w.topic.partitions {
		for o := from.At(p); o < to.At(p); o++ {
			if records[o].event == nil {
				dead++
			} else {
				events++
			}
		}
	}
	return events, dead
}
