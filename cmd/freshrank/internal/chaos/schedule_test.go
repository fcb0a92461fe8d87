package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSchedules breaks several things at once, at random: which, when and for how long
// follows from the seed. What the processes do meanwhile does not, so that the same
// schedule may well end otherwise.
func TestSchedules(t *testing.T) {
	onlyFull(t)
	first, results := chosenSeed(), table{}
	t.Logf("seed %d", first)
	for done := 0; done < *schedules && !t.Failed(); {
		t.Run(fmt.Sprintf("from %d", done+1), func(t *testing.T) {
			w := newWatch(t, first+uint64(done))
			for range *perStack {
				if done == *schedules || t.Failed() {
					break
				}
				w.schedule(t, first+uint64(done), done+1, results)
				done++
			}
		})
	}
	results.print(t)
}

// schedule runs one and examines what is left.
func (w *watch) schedule(t *testing.T, seed uint64, number int, results table) {
	faults := w.draw(rand.New(rand.NewPCG(seed, 5)))
	what := make([]string, len(faults))
	for i, f := range faults {
		what[i] = f.String()
	}
	description := fmt.Sprintf("%d: %s", number, strings.Join(what, "; "))
	defer func() {
		if !t.Failed() {
			return
		}
		counts := "SCHEDULES=1 KAFKA_SCHEDULES=0"
		if *apache {
			counts = "SCHEDULES=0 KAFKA_SCHEDULES=1"
		}
		t.Logf("failed: %s\nagain: make chaos ONLY=TestSchedules SEED=%d %s", description, seed, counts)
	}()
	w.suffer(t, description, faults, results)
}

// suffer has faults happen and examines what is left.
func (w *watch) suffer(t *testing.T, what string, faults []fault, results table) {
	begin := time.Now()
	w.breaking()
	w.play(t, faults)
	v := w.examine(t)
	w.report(t, what, v, time.Since(begin))
	for _, f := range faults {
		results.add(f.name(), v)
	}
}

// play has each fault begin and end at its time.
func (w *watch) play(t *testing.T, faults []fault) {
	type step struct {
		at time.Duration
		do func(*testing.T)
	}
	var steps []step
	for _, f := range faults {
		steps = append(steps, step{f.at, f.begin}, step{f.at + f.length, f.end})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return int(a.at - b.at) })
	begin := time.Now()
	for _, s := range steps {
		time.Sleep(time.Until(begin.Add(s.at)))
		s.do(t)
	}
}

// table is what came out, by kind of fault.
type table map[string][]*verdict

func (r table) add(name string, v *verdict) { r[name] = append(r[name], v) }

func (r table) print(t *testing.T) {
	t.Helper()
	var b strings.Builder
	line := func(name string, all []*verdict) {
		var lost, doubled, untrue, intervals int
		var took []time.Duration
		for _, v := range all {
			lost, doubled, untrue, intervals = lost+v.lost, doubled+v.doubled, untrue+v.untrue, intervals+v.intervals
			took = append(took, v.recovery)
		}
		slices.Sort(took)
		fmt.Fprintf(&b, "| %s | %d | %.1f | %.1f | %d | %d | %d | %d |\n", name, len(all),
			took[len(took)/2].Seconds(), took[len(took)-1].Seconds(), intervals, lost, doubled, untrue)
	}
	b.WriteString("| fault | times | recovery, median s | worst s | intervals checked | lost | doubled | untrue |\n|---|---|---|---|---|---|---|---|\n")
	seen := map[*verdict]bool{}
	var every []*verdict
	names := make([]string, 0, len(r))
	for name, all := range r {
		names = append(names, name)
		for _, v := range all {
			if !seen[v] {
				seen[v], every = true, append(every, v)
			}
		}
	}
	slices.Sort(names)
	for _, name := range names {
		line(name, r[name])
	}
	if len(every) > 0 {
		line("all schedules", every)
	}
	t.Logf("by fault; a schedule of several counts for each:\n%s", &b)
}
