package chaos

import (
	"maps"
	"math"
	"slices"
	"testing"

	"freshrank/pagerank/link"
)

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
			if !ok || !w.history.asOf(s.at, p, s.asOf) {
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
// them up.
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
	w.checkCounts(t, v, now)
}
