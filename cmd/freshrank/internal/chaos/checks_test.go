package chaos

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"freshrank/cmd/freshrank/internal/processtest"
	"freshrank/pagerank/link"
)

// verdict is what a system was found to be like, once it had recovered.
type verdict struct {
	recovery              time.Duration // from the last repair until a new event showed in the answers
	acked                 int           // events acknowledged, of the whole feed so far
	intervals, states     int           // sampled answers about pages and sums, and the offsets that they were of
	lost, doubled, untrue int
	faults                []string // all of them, the lost, doubled and untrue ones too
}

func (v *verdict) ok() bool { return len(v.faults) == 0 }

func (v *verdict) fault(count *int, format string, args ...any) {
	*count++
	v.faults = append(v.faults, fmt.Sprintf(format, args...))
}

// examine waits until the system has recovered and the answers have settled, and holds
// everything against what must be: that nothing is broken any more is the caller's part.
func (w *watch) examine(t *testing.T) *verdict {
	t.Helper()
	v := &verdict{}
	v.recovery = w.recover(t)
	w.feed.hold()
	w.settle(t)
	w.sampler.hold()
	w.faults.trouble.Store(false)

	end := w.topic.read(t)
	w.loadHistory(t, w.faults)
	w.checkLedger(v)
	w.checkClaims(v)
	w.checkSamples(v, w.sampler.take())
	w.checkSettled(t, v, end)
	w.checkArchive(t, v)
	if out, code := processtest.Run(t, append([]string{"verify"}, w.direct()...)...); code != 0 {
		v.fault(&v.untrue, "freshrank verify: exit code %d\n%s", code, out)
	}
	for _, l := range w.layers() {
		if l.ended() {
			v.faults = append(v.faults, fmt.Sprintf("freshrank %s ended by itself: %v\n%s", l.name, l.Cmd.ProcessState, l.Output))
			l.start(t)
		}
	}
	v.faults = append(v.faults, w.faults.take()...)
	v.acked, _, _ = w.ledger.counts()
	w.sampler.release()
	w.feed.release()
	return v
}

// recover returns how long it takes until an event that is submitted now shows.
func (w *watch) recover(t *testing.T) time.Duration {
	t.Helper()
	begin := time.Now()
	w.probes++
	e := link.Event{
		ID: fmt.Sprint("probe-", w.probes), Source: "https://probe.example/", Time: begin, Type: link.PageCrawled,
		URL: "https://probe.example/", Links: []link.Link{{URL: fmt.Sprintf("https://probe.example/%d", w.probes)}},
	}
	e.Seal()
	text := encode(&e)
	w.ledger.sending(&e, text)
	w.await(t, "an event to be taken", func() bool {
		r, err := w.api.send("POST", "/v1/events", "application/cloudevents+json", text)
		return err == nil && r.status == 202
	})
	w.ledger.acked(time.Now(), identityOf(&e))
	w.await(t, "an event to show in the answers", func() bool {
		many, _, err := w.api.lookup(e.Links[0].URL)
		return err == nil && len(many.Items) == 1 && many.Items[0].Status == "ranked"
	})
	return time.Since(begin)
}

// settle waits until the answers hold all that the log has, and no batch run is under way.
func (w *watch) settle(t *testing.T) {
	t.Helper()
	w.await(t, "the answers to hold all that the log has", func() bool {
		if open, err := w.api.openRun(); err != nil || open {
			return false
		}
		end, err := w.topic.ends(t.Context(), link.Topic)
		if err != nil {
			return false
		}
		now, err := w.api.status()
		return err == nil && now.View != 0 && now.Generation == now.Newest && link.Offsets(now.Offsets.Applied).Equal(end) && *now.Lag.Events == 0
	})
}

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

// checkSamples holds every answer against the truth at its very offsets.
func (w *watch) checkSamples(v *verdict, samples []sample) {
	type question struct {
		sample
		states []link.Offsets // it is of one of them
	}
	var all []question
	for _, s := range samples {
		q := question{sample: s}
		if s.tagged {
			p, ok := w.history.find(s.at)
			if !ok || !p.asOf.Equal(s.asOf) {
				v.fault(&v.untrue, "%s is of %+v as of %v, which was never published", s.what, s.at, s.asOf)
				continue
			}
			q.states = []link.Offsets{p.offsets}
		} else if q.states = w.history.candidates(s.generation, s.asOf); len(q.states) == 0 {
			v.fault(&v.untrue, "%s is of generation %d as of %v, which was never published", s.what, s.generation, s.asOf)
			continue
		}
		all = append(all, q)
		v.intervals += len(s.items) + len(s.sums)
	}
	// In the order of offsets: the truth moves on cheaply.
	by := map[string]link.Offsets{}
	asked := map[string][]int{}
	for i, q := range all {
		for _, o := range q.states {
			by[o.String()] = o
			asked[o.String()] = append(asked[o.String()], i)
		}
	}
	states := slices.SortedFunc(maps.Values(by), func(a, b link.Offsets) int {
		return int(link.Offsets(nil).Behind(a) - link.Offsets(nil).Behind(b))
	})
	v.states = len(states)
	wrong := make([]string, len(all)) // what is wrong by all states so far
	right := make([]bool, len(all))
	for _, o := range states {
		w.truth.move(o)
		for _, i := range asked[o.String()] {
			if right[i] {
				continue
			}
			wrong[i] = w.wrong(all[i].sample)
			right[i] = wrong[i] == ""
		}
	}
	for i, q := range all {
		if !right[i] {
			v.fault(&v.untrue, "%s, generation %d, as of %v, offsets %v: %s", q.what, q.generation, q.asOf, q.states, wrong[i])
		}
	}
}

// wrong says what is wrong with an answer if it is of the truth's offsets.
func (w *watch) wrong(s sample) string {
	for _, a := range s.items {
		if what := w.truth.wrong(a); what != "" {
			return what
		}
	}
	for _, a := range s.sums {
		if what := w.truth.wrongSum(a); what != "" {
			return what
		}
	}
	return ""
}

// checkSettled asks for every page once more, now that all is in the answers, and adds
// them up; and compares what the product counts with what there is to be counted.
func (w *watch) checkSettled(t *testing.T, v *verdict, end link.Offsets) {
	t.Helper()
	now, err := w.api.status()
	if err != nil || !link.Offsets(now.Offsets.Applied).Equal(end) {
		v.fault(&v.lost, "applied are %v of %v, %v", now.Offsets.Applied, end, err)
		return
	}
	w.truth.move(end)
	total := 0.0
	for part := range slices.Chunk(w.ledger.all(), 1000) {
		many, r, err := w.api.lookup(part...)
		if err != nil || len(many.Items) != len(part) {
			v.fault(&v.untrue, "lookup of %d pages: %d, %v", len(part), r.status, err)
			return
		}
		for _, a := range many.Items {
			if what := w.truth.wrong(a); what != "" {
				v.fault(&v.untrue, "settled at %v: %s", end, what)
			}
			if a.Status != "alias" && a.Rank != nil {
				total += *a.Rank
			}
		}
	}
	bound := 1e-9
	if now.Bounds.L1 != nil {
		bound += *now.Bounds.L1
	}
	if math.Abs(total-1) > bound || now.Pages != w.truth.world.N {
		v.fault(&v.untrue, "%d pages have a rank, Σπ = %v; want %d and 1 ± %v", now.Pages, total, w.truth.world.N, bound)
	}

	events, letters := 0, map[letter]bool{}
	since := w.history.generations[now.Speed.Generation].offsets
	dead := 0
	for p, records := range w.topic.partitions {
		for o, r := range records {
			counts := int64(o) >= since.At(p)
			switch {
			case r.event == nil:
				letters[letter{strconv.Itoa(p), strconv.Itoa(o)}] = true
				if counts {
					dead++
				}
			case counts:
				events++
			}
		}
	}
	if now.Speed.Events != int64(events) || now.Speed.DeadLetters != int64(dead) {
		v.fault(&v.doubled, "since generation %d %d events are said to be applied and %d set aside; the topic has %d and %d",
			now.Speed.Generation, now.Speed.Events, now.Speed.DeadLetters, events, dead)
	}
	set := map[letter]bool{}
	for _, l := range w.topic.letters {
		set[l] = true
	}
	if !maps.Equal(set, letters) {
		v.fault(&v.lost, "%d records are no events, and the topic of dead letters has %d: %v and %v", len(letters), len(set), letters, set)
	}
}
