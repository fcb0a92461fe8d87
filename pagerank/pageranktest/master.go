package pageranktest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"freshrank/pagerank"
	"freshrank/pagerank/incremental"
	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// MasterReport says how one random sequence of events fared.
type MasterReport struct {
	Events, Cut int
	Pages       int     // ranked pages at the end
	Compared    int     // pages compared, ranked or not
	Error       float64 // greatest relative error of a served x
	Used        float64 // greatest share of its interval that a page's error takes up; ≤ 1
	// Unpushed is the number of pages whose true rank lies outside the stated
	// interval once residuals are not pushed: it shows that the check can fail.
	Unpushed int
}

// Master checks the master property on one random sequence of link events of
// every kind, out of order, doubled and with aliases: a batch run over the events
// before a cut, plus a speed layer that takes the rest in micro-batches and moves
// on to a newer generation on its way, must say of every page what a batch run
// over all events says, and what [Truth] says: the same status, the same alias
// target, the same N, and a true rank inside the stated interval. The seed decides
// on damping, rel policy, ε and the batch runs' tolerance as well.
func Master(ctx context.Context, seed uint64) (MasterReport, error) {
	rng := rand.New(rand.NewPCG(seed, 0x6d6173746572))
	events := RandomEvents(rng, 10+rng.IntN(150), 4+rng.IntN(40))
	cut := rng.IntN(len(events) + 1)
	next := cut + rng.IntN(len(events)-cut+1) // of the generation that appears meanwhile
	m := master{
		events: events, batch: 1 + rng.IntN(20), policy: link.DropMarked,
		damping:   []float64{0.5, 0.85, 0.85, 0.99}[rng.IntN(4)],
		epsilon:   []float64{0.3, 0.01, 0.01, 1e-4, 1e-8}[rng.IntN(5)],
		tolerance: []float64{1e-3, 1e-9}[rng.IntN(2)],
	}
	if rng.IntN(4) == 0 {
		m.policy = link.CountAll
	}
	truth := Truth(events, m.policy, m.damping)
	pushed, err := m.speed(ctx, cut, next, true)
	if err != nil {
		return MasterReport{}, err
	}
	r := MasterReport{Events: len(events), Cut: cut, Pages: truth.N}
	if err := r.compare(truth, pushed, pushed.cert); err != nil {
		return r, fmt.Errorf("batch(%d) + speed(%d..%d): %w", cut, cut, len(events), err)
	}
	whole, err := m.speed(ctx, len(events), len(events), true)
	if err != nil {
		return r, err
	}
	used := r.Used
	if err := r.compare(truth, whole, whole.cert); err != nil {
		return r, fmt.Errorf("batch(%d): %w", len(events), err)
	}
	r.Used = used // of the speed layer, whose intervals are the wide ones
	unpushed, err := m.speed(ctx, cut, next, false)
	if err != nil {
		return r, err
	}
	for url, want := range truth.Pages {
		if lo, hi := pushed.cert.XBounds(unpushed.x[url], 1); want.Member && (want.X < lo || want.X > hi) {
			r.Unpushed++
		}
	}
	return r, nil
}

type master struct {
	events                      []link.Event
	policy                      link.RelPolicy
	damping, epsilon, tolerance float64
	batch                       int // events a micro-batch
}

// view is what a reader sees, by URL.
type view struct {
	status map[string]linkgraph.Status
	target map[string]string
	x      map[string]float64
	cert   pagerank.Certificate
}

// generation is a batch run over the first cut events.
func (m master) generation(ctx context.Context, cut int) (*linkgraph.Graph, *incremental.Engine, error) {
	o := linkgraph.NewOverlay(nil)
	for i := range m.events[:cut] {
		o.Apply(&m.events[i])
	}
	g := o.Graph()
	eff := g.Effective(m.policy)
	res := &pagerank.Result{X: make([]float64, g.Pages()), Residual: make([]float64, g.Pages())}
	if eff.Pages > 0 {
		var err error
		p := pagerank.Problem{Out: eff.Out, Member: eff.Member}
		if res, err = pagerank.Rank(ctx, p, pagerank.Options{
			Damping: m.damping, Tolerance: m.tolerance, MaxSweeps: 20_000, // damping 0.99 takes thousands
		}); err != nil {
			return nil, nil, fmt.Errorf("rank the graph of %d events: %w", cut, err)
		}
		if !res.Converged {
			return nil, nil, fmt.Errorf("rank the graph of %d events: bound %v after %d sweeps", cut, res.Certificate.L1(), res.Sweeps)
		}
	}
	e, err := incremental.New(g, res.X, res.Residual, incremental.Options{
		Damping: m.damping, Policy: m.policy, Epsilon: m.epsilon,
	})
	return g, e, err
}

// speed returns the view after all events: a generation over the first cut of
// them, then micro-batches, and half-way through the rest a rebase on a
// generation over the first next.
func (m master) speed(ctx context.Context, cut, next int, push bool) (view, error) {
	g, e, err := m.generation(ctx, cut)
	if err != nil {
		return view{}, err
	}
	o := linkgraph.NewOverlay(g)
	rebaseAt := next + (len(m.events)-next)/2
	for at := cut; at < len(m.events); {
		end := min(at+m.batch, len(m.events))
		var changes []linkgraph.Change
		for i := range m.events[at:end] {
			if c, changed := o.Apply(&m.events[at+i]); changed {
				changes = append(changes, c)
			}
		}
		e.Update(changes, o.State)
		if push {
			e.Push(ctx, 1<<40)
		}
		if at < rebaseAt && end >= rebaseAt && next > cut {
			if g, e, err = m.generation(ctx, next); err != nil {
				return view{}, err
			}
			o = o.Rebase(g)
			for _, p := range o.Touched() {
				e.Set(p, o.State(p))
			}
			if push {
				e.Push(ctx, 1<<40)
			}
		}
		at = end
	}
	v := view{status: map[string]linkgraph.Status{}, target: map[string]string{}, x: map[string]float64{}}
	// As a reader has it: the generation's word, replaced by what changed.
	told := map[link.Page]incremental.Served{}
	for p := range link.Page(g.Pages()) {
		s := e.Page(p)
		if x, ok := e.BaseX(p); ok {
			s.X = x
		}
		told[p] = s
	}
	e.Changed(math.MaxInt, func(p link.Page, s incremental.Served) { told[p] = s })
	v.cert = e.Certificate()
	for p, s := range told {
		url := o.URL(p)
		v.status[url] = s.Status
		if s.Status == linkgraph.Alias {
			v.target[url] = o.URL(s.Target)
		}
		if s.HasX {
			v.x[url] = s.X
		}
	}
	return v, nil
}

// compare holds a view against the truth.
func (r *MasterReport) compare(truth World, v view, cert pagerank.Certificate) error {
	if cert.Pages != truth.N {
		return fmt.Errorf("%d ranked pages, in truth %d", cert.Pages, truth.N)
	}
	if d := cert.Drift(); d > 1e-9 {
		return fmt.Errorf("conservation law off by %v", d)
	}
	sum := cert.ServedSum()
	for url := range v.x {
		if want, ok := truth.Pages[url]; !ok || !want.Member {
			return fmt.Errorf("%s: served with rank, in truth %+v", url, want)
		}
	}
	for url, want := range truth.Pages {
		r.Compared++
		x, has := v.x[url]
		if v.status[url].String() != want.Status || v.target[url] != want.Target || has != want.Member {
			return fmt.Errorf("%s: served as %v %s, with rank %v; in truth %+v", url, v.status[url], v.target[url], has, want)
		}
		if !want.Member {
			continue
		}
		lo, hi := cert.RankBounds(x, 1)
		if want.Rank < lo || want.Rank > hi {
			return fmt.Errorf("%s: true rank %v outside [%v, %v], served %v, certificate %+v", url, want.Rank, lo, hi, x/sum, cert)
		}
		if d := want.Rank - x/sum; d > 0 {
			r.Used = max(r.Used, d/(hi-x/sum))
		} else if d < 0 {
			r.Used = max(r.Used, d/(lo-x/sum))
		}
		r.Error = max(r.Error, abs(x-want.X)/want.X)
	}
	return nil
}

func abs(v float64) float64 { return max(v, -v) }
