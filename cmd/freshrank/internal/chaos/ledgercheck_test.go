package chaos

import (
	"bytes"
	"maps"
	"slices"
	"time"
)

// checkLedger: the topic has every event that was acknowledged, as it was sent, and none
// that was refused or that nobody sent.
func (w *watch) checkLedger(v *verdict) {
	found := map[identity]bool{}
	for p, records := range w.topic.partitions {
		for o, r := range records {
			if r.event == nil {
				if _, ok := w.ledger.garbage[string(r.value)]; !ok {
					v.fault(&v.doubled, "partition %d, offset %d: nobody sent %q", p, o, r.value)
				}
				continue
			}
			id := identityOf(r.event)
			e, ok := w.ledger.entries[id]
			switch {
			case !ok || e.refused:
				v.fault(&v.doubled, "partition %d, offset %d: %v was not sent, or refused", p, o, id)
			case !bytes.Equal(e.text, r.value):
				v.fault(&v.lost, "partition %d, offset %d: %v was %s, and is %s", p, o, id, e.text, r.value)
			}
			found[id] = true
		}
	}
	for id, e := range w.ledger.entries {
		if !e.acked.IsZero() && !found[id] {
			v.fault(&v.lost, "%v was acknowledged, and is not in the topic", id)
		}
	}
}

// checkClaims: a state as of a moment has every event that was acknowledged before.
func (w *watch) checkClaims(v *verdict) {
	states := slices.Concat(slices.Collect(maps.Values(w.history.views)), slices.Collect(maps.Values(w.history.generations)))
	times := map[identity]int{}
	for _, records := range w.topic.partitions {
		for _, r := range records {
			if r.event != nil {
				times[identityOf(r.event)]++
			}
		}
	}
	for p, records := range w.topic.partitions {
		// By offset: the earliest moment at which one from here on had been acknowledged.
		first := make([]time.Time, len(records)+1)
		for o := len(records) - 1; o >= 0; o-- {
			first[o] = first[o+1]
			if e := records[o].event; e != nil {
				entry := w.ledger.entries[identityOf(e)]
				if entry == nil || entry.acked.IsZero() || times[identityOf(e)] > 1 {
					continue // any of several records will do
				}
				if first[o].IsZero() || entry.acked.Before(first[o]) {
					first[o] = entry.acked
				}
			}
		}
		for _, s := range states {
			if at := first[s.offsets.At(p)]; !at.IsZero() && !at.After(s.asOf) {
				v.fault(&v.lost, "what is published as of %v holds partition %d before %d only: an event after it was acknowledged at %v",
					s.asOf, p, s.offsets.At(p), at)
			}
		}
	}
}
