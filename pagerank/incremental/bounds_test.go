package incremental_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"freshrank/pagerank"
	"freshrank/pagerank/incremental"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
	"freshrank/pagerank/pageranktest"
)

// life is an engine that follows a sequence of events in batches, and what a reader of
// it has been told.
type life struct {
	overlay *linkgraph.Overlay
	engine  *incremental.Engine
	damping float64
	policy  link.RelPolicy
	told    map[link.Page]incremental.Served
	worst   *worst
}

// worst are the greatest ratios of error to bound.
type worst struct{ page, l1, sum float64 }

// begin ranks the graph of events to tolerance and starts an engine from there.
func begin(t *testing.T, events []link.Event, damping, tolerance, epsilon float64, policy link.RelPolicy) *life {
	t.Helper()
	folded := linkgraph.NewOverlay(nil)
	for i := range events {
		folded.Apply(&events[i])
	}
	g := folded.Graph()
	eff := g.Effective(policy)
	res := &pagerank.Result{X: make([]float64, g.Pages()), Residual: make([]float64, g.Pages())}
	if eff.Pages > 0 {
		var err error
		o := pagerank.Options{Damping: damping, Tolerance: tolerance, MaxSweeps: 20_000}
		if res, err = pagerank.Rank(t.Context(), pagerank.Problem{Out: eff.Out, Member: eff.Member}, o); err != nil {
			t.Fatal(err)
		}
	}
	e, err := incremental.New(g, res.X, res.Residual, incremental.Options{Damping: damping, Policy: policy, Epsilon: epsilon})
	if err != nil {
		t.Fatal(err)
	}
	l := &life{overlay: linkgraph.NewOverlay(g), engine: e, damping: damping, policy: policy, told: map[link.Page]incremental.Served{}, worst: &worst{}}
	for p := range link.Page(g.Pages()) {
		l.told[p] = e.Page(p)
	}
	return l
}

// take applies a batch without pushing.
func (l *life) take(events []link.Event) {
	var changes []linkgraph.Change
	for i := range events {
		if c, changed := l.overlay.Apply(&events[i]); changed {
			changes = append(changes, c)
		}
	}
	l.engine.Update(changes, l.overlay.State)
}

// check has the engine tell what has changed, as far as limit allows, and holds what has
// been told by now against the graph of all events so far, ranked by push and from
// nothing.
func (l *life) check(limit int) error {
	l.engine.Changed(limit, func(p link.Page, s incremental.Served) { l.told[p] = s })
	cert := l.engine.Certificate()
	g := l.overlay.Graph()
	eff := g.Effective(l.policy)
	x := pageranktest.Solve(eff.Out, eff.Member, l.damping)
	if cert.Pages != eff.Pages || l.engine.Links() != int64(eff.Out.Links()) {
		return fmt.Errorf("%d pages, %d links, in truth %d, %d", cert.Pages, l.engine.Links(), eff.Pages, eff.Out.Links())
	}
	if d := cert.Drift(); !(d <= 1e-11) {
		return fmt.Errorf("conservation law is off by %v: %+v", d, cert)
	}
	var sum, served, most float64
	for _, value := range x {
		sum += value
	}
	own := 1e-12 / (1 - l.damping) // what the reference may be off by
	lo, hi := cert.SumBounds()
	if sum < lo*(1-own) || sum > hi*(1+own) {
		return fmt.Errorf("sum %v is outside of [%v, %v]", sum, lo, hi)
	}
	l1, members := 0.0, 0
	for p := range link.Page(l.overlay.Pages()) {
		told := l.told[p]
		at, ok := g.Find(l.overlay.Key(p))
		if member := ok && eff.Member[at]; told.HasX != member {
			return fmt.Errorf("%s: %+v, in truth a member: %v", l.overlay.URL(p), told, member)
		}
		if !told.HasX {
			continue
		}
		members++
		want, y := x[at], told.X
		served, most = served+y, max(most, y)
		if lo, hi := cert.XBounds(y, 1); want < lo*(1-own) || want > hi*(1+own) {
			return fmt.Errorf("%s: x = %v is outside of [%v, %v] around %v: %+v", l.overlay.URL(p), want, lo, hi, y, cert)
		} else if hi-lo > 1e3*own*want {
			l.worst.page = max(l.worst.page, (want-y)/(hi-y), (want-y)/(lo-y))
		}
		if lo, hi := cert.RankBounds(y, 1); want/sum < lo*(1-own) || want/sum > hi*(1+own) {
			return fmt.Errorf("%s: rank %v is outside of [%v, %v]", l.overlay.URL(p), want/sum, lo, hi)
		}
		l1 += math.Abs(want/sum - y/cert.ServedSum())
	}
	if l1 > cert.L1()+own {
		return fmt.Errorf("ranks are off by %v, certified %v: %+v", l1, cert.L1(), cert)
	} else if cert.L1() > 1e3*own {
		l.worst.l1 = max(l.worst.l1, l1/cert.L1())
	}
	if members != eff.Pages || l.engine.XMax() != most {
		return fmt.Errorf("%d pages told, greatest x %v; in truth %d, %v", members, l.engine.XMax(), eff.Pages, most)
	}
	// Σ x̃ = Ŝ + R⁺ − R⁻ is what is told, but for the slack.
	if d := math.Abs(served - (cert.Sum + cert.Plus - cert.Minus)); d > (cert.Slack+1e-12)*(served+1) {
		return fmt.Errorf("%v told in all: %+v", served, cert)
	} else if cert.Slack > 0 {
		l.worst.sum = max(l.worst.sum, d/cert.Slack/(served+1))
	}
	return nil
}

// TestBoundHoldsAfterEveryBatch takes sequences of events of every kind (whole pages,
// single links, pages gone and back, chains and cycles of aliases, all late and doubled)
// in batches of one to many, pushed to the end, a little or not at all, to an ε that
// changes on the way, and told whole or the furthest few. After every batch the
// conservation law holds, and every page, and all of them together, is off by no more
// than is certified.
func TestBoundHoldsAfterEveryBatch(t *testing.T) {
	sequences := 500
	if testing.Short() {
		sequences = 100
	}
	epsilons := []float64{0.5, 0.1, 0.01, 1e-3, 1e-5, 1e-8}
	batches, all := 0, worst{}
	for seed := range uint64(sequences) {
		rng := rand.New(rand.NewPCG(seed, 31))
		events := pageranktest.RandomEvents(rng, 50+rng.IntN(300), 10+rng.IntN(120))
		cut := rng.IntN(len(events))
		damping := []float64{0.5, 0.85, 0.85, 0.97}[rng.IntN(4)]
		policy := []link.RelPolicy{link.DropMarked, link.CountAll}[rng.IntN(2)]
		l := begin(t, events[:cut], damping, []float64{1e-1, 1e-4, 1e-9}[rng.IntN(3)], epsilons[rng.IntN(len(epsilons))], policy)
		for largest := 1 + rng.IntN(40); cut < len(events); batches++ {
			end := min(cut+1+rng.IntN(largest), len(events))
			l.take(events[cut:end])
			if rng.IntN(8) == 0 {
				l.engine.SetEpsilon(epsilons[rng.IntN(len(epsilons))])
			}
			done := false
			switch rng.IntN(4) {
			case 0: // not at all
			case 1:
				done = l.engine.Push(t.Context(), 1+rng.Int64N(200))
			default:
				if done = l.engine.Push(t.Context(), 1<<40); !done {
					t.Fatalf("seed %d, events up to %d: a push of any length is not enough", seed, end)
				}
			}
			limit := []int{0, rng.IntN(20), math.MaxInt, math.MaxInt}[rng.IntN(4)]
			if err := l.check(limit); err != nil {
				t.Fatalf("seed %d, damping %v, events up to %d of %d, told with limit %d: %v", seed, damping, end, len(events), limit, err)
			}
			// The greatest residual is known to an eighth.
			if eps := l.engine.Certificate().Epsilon(); done && eps > 1.13*l.engine.Epsilon() {
				t.Fatalf("seed %d, events up to %d: pushed to %v, certified %v", seed, end, l.engine.Epsilon(), eps)
			}
			cut = end
		}
		all = worst{max(all.page, l.worst.page), max(all.l1, l.worst.l1), max(all.sum, l.worst.sum)}
	}
	t.Logf("%d batches; worst error ÷ bound: a page %.3f, all ranks %.3f, what is told in all %.3f", batches, all.page, all.l1, all.sum)
	if all.page < 0.9 || all.l1 < 0.2 {
		t.Error("errors never come close to their bounds: the test is too tame")
	}
}
