package incremental

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"freshrank/pagerank/link"
	"freshrank/pagerank/linkgraph"
)

// inner checks what the engine keeps beside x̂ and r: rows, counts of in-links, the
// queue, the ceilings and the marks of what is to be handed out.
func inner(t *testing.T, at string, e *Engine) {
	t.Helper()
	queued := map[link.Page]int{}
	for i := range e.shards {
		s := &e.shards[i]
		for p := range s.waiting() {
			queued[p]++
			if e.number(p) != i {
				t.Fatalf("%s: page %d queued in shard %d", at, p, i)
			}
		}
		for k := range e.shards {
			if len(s.out[k]) != 0 {
				t.Fatalf("%s: out not empty", at)
			}
		}
		if len(s.gifts)+len(s.copies) != 0 {
			t.Fatalf("%s: gifts/copies", at)
		}
		rooms, live := 0, 0
		for _, sp := range s.rows.spans {
			rooms += int(sp.room)
			live++
		}
		if rooms+s.rows.spare != s.rows.used {
			t.Fatalf("%s: rooms %d + spare %d != %d", at, rooms, s.rows.spare, s.rows.used)
		}
	}
	in := make([]uint32, len(e.nodes))
	alin := map[link.Page]uint32{}
	bro := map[link.Page]float64{}
	links := int64(0)
	for p := range link.Page(len(e.nodes)) {
		row := e.shardOf(p).row(p)
		links += int64(len(row))
		if e.nodes[p].burden != burden(len(row)) {
			t.Fatalf("%s: burden", at)
		}
		for _, v := range row {
			v := link.Page(v)
			if e.nodes[v].flags&isAlias != 0 {
				alin[v]++
				bro[v] += e.share(p, len(row))
				v = e.forward[v].root
			}
			in[v]++
		}
	}
	if links != e.Links() {
		t.Fatalf("%s: links", at)
	}
	for v, f := range e.forward {
		if f.links != alin[v] || math.Abs(f.brought.value()-bro[v]) > 1e-11 {
			t.Fatalf("%s: alias %d %+v want %d %v", at, v, f, alin[v], bro[v])
		}
		if e.nodes[f.root].flags&isAlias != 0 {
			t.Fatalf("%s: root is alias", at)
		}
	}
	weights, direct := exactWeights(e)
	most := 0.0
	for p := range link.Page(len(e.nodes)) {
		n := &e.nodes[p]
		s := e.shardOf(p)
		if n.in != in[p] {
			t.Fatalf("%s: page %d in %d want %d", at, p, n.in, in[p])
		}
		if s.queued.has(uint32(p-s.first)) != (queued[p] == 1) || queued[p] > 1 {
			t.Fatalf("%s: page %d queued %v %d", at, p, s.queued.has(uint32(p-s.first)), queued[p])
		}
		if n.flags&isMember == 0 && (n.x != 0 || e.residuals[p].r != 0) {
			t.Fatalf("%s: page %d x %v r %v no member", at, p, n.x, e.residuals[p].r)
		}
		if n.flags&isAlias != 0 && n.flags&isMember != 0 {
			t.Fatalf("alias member")
		}
		if w := float64(n.weight); n.flags&isAlias == 0 && (w > weights[p] || w < least || weights[p] < least || w < weights[p]*(1-1e-4) && direct[p]) {
			t.Fatalf("%s: page %d weighs %v, should %v", at, p, w, weights[p])
		}
		weighted := math.Abs(e.residuals[p].r) / float64(n.weight)
		most = max(most, weighted)
		if !s.queued.has(uint32(p - s.first)) {
			if c := s.below(int(p-s.first) / block); weighted > c*(1+1e-15) {
				t.Fatalf("%s: page %d |r|/w %v above ceiling %v (threshold %v)", at, p, weighted, c, e.threshold)
			}
			if weighted > e.threshold*(1+1e-15) {
				t.Fatalf("%s: page %d |r|/w %v above threshold %v not queued", at, p, weighted, e.threshold)
			}
		}
		i := uint32(p - s.first)
		if far, other := e.differs(p, e.Page(p)); (other || far > e.slack) && !s.moved.has(i) {
			t.Fatalf("%s: page %d differs but not marked: %+v %+v", at, p, e.Page(p), n)
		}
	}
	for i := range e.shards {
		for k := range e.shards[i].ceiling {
			if c := e.shards[i].below(k); c > e.threshold*(1+1e-15) {
				t.Fatalf("%s: ceiling %v > threshold %v", at, c, e.threshold)
			}
		}
	}
	if g := e.greatest(); g < most*(1-1e-15) || g > most*1.125 {
		t.Fatalf("%s: greatest %v, most %v", at, g, most)
	}
}

// exactWeights returns the weights by their definition, and of which pages only links of
// their own count.
func exactWeights(e *Engine) (w []float64, direct []bool) {
	w, direct = make([]float64, len(e.nodes)), make([]bool, len(e.nodes))
	for p := range w {
		w[p], direct[p] = 1, true
	}
	for u := range link.Page(len(e.nodes)) {
		row := e.shardOf(u).row(u)
		if len(row) == 0 {
			continue
		}
		v := float64(len(row)) / float64(e.nodes[u].per)
		w[u] -= tilt * v
		for _, to := range row {
			end := e.end(link.Page(to))
			w[end] += tilt * e.opt.Damping * v / float64(len(row))
			direct[end] = direct[end] && end == link.Page(to)
		}
	}
	return w, direct
}

// tries returns n, or short of it if the tests are to be quick.
func tries(t *testing.T, n, short uint64) uint64 {
	t.Helper()
	if testing.Short() {
		return short
	}
	return n
}

// TestInside takes batches at random, with any number of workers and with one, with
// pushes short and long and with any ε, and checks everything after every step.
func TestInside(t *testing.T) {
	for seed := range tries(t, 100, 15) {
		rng := rand.New(rand.NewPCG(seed, 99))
		pages := 3 + rng.IntN(40)
		basePages := 1 + rng.IntN(pages)
		base := linkgraph.NewOverlay(nil)
		for range rng.IntN(80) {
			e := randomEvent(rng, basePages, 60)
			base.Apply(&e)
		}
		g := base.Graph()
		eff := g.Effective(link.DropMarked)
		x := solve(eff)
		noisy := make([]float64, len(x))
		for p := range x {
			noisy[p] = x[p] * (1 + 0.3*rng.Float64())
		}
		opt := Options{Damping: alpha, Policy: link.DropMarked, Epsilon: 0.01, Workers: 1 + rng.IntN(4)}
		e, err := New(g, noisy, make([]float64, len(x)), opt)
		if err != nil {
			t.Fatal(err)
		}
		o := linkgraph.NewOverlay(g)
		r := recomputed(e, eff, places(o, g))
		if e, err = New(g, noisy, r, opt); err != nil {
			t.Fatal(err)
		}
		opt.Workers = 1
		e1, err := New(g, noisy, r, opt)
		if err != nil {
			t.Fatal(err)
		}
		inner(t, fmt.Sprint("seed ", seed, " new"), e)
		e1.greatest()
		served := map[link.Page]Served{}
		for p := range link.Page(g.Pages()) {
			served[p] = e.Page(p)
		}
		for step := range 40 {
			at := fmt.Sprintf("seed %d step %d", seed, step)
			var changes []linkgraph.Change
			for range 1 + rng.IntN(12) {
				ev := randomEvent(rng, pages, 200)
				if c, ch := o.Apply(&ev); ch {
					changes = append(changes, c)
				}
			}
			e1.Update(slices.Clone(changes), o.State)
			e.Update(changes, o.State)
			inner(t, at+" set", e)
			e1.greatest()
			switch rng.IntN(4) {
			case 0:
				if !e.Push(context.Background(), 1<<40) {
					t.Fatal("no end")
				}
				e1.Push(context.Background(), 1<<40)
				e1.Certificate()
				if eps := e.Certificate().Epsilon(); eps > e.Epsilon()*(1+1e-9)+1e-11 {
					t.Fatal(at, eps)
				}
			case 1:
				b := int64(rng.IntN(5000))
				e.Push(context.Background(), b)
				e1.Push(context.Background(), b)
			}
			inner(t, at+" push", e)
			e1.greatest()
			if rng.IntN(3) == 0 {
				eps := math.Pow(10, -1-5*rng.Float64())
				e.SetEpsilon(eps)
				e1.SetEpsilon(eps)
				inner(t, at+" eps", e)
				e1.greatest()
			}
			e.Changed(math.MaxInt, func(p link.Page, s Served) { served[p] = s })
			e1.Changed(math.MaxInt, func(p link.Page, s Served) {})
			inner(t, at+" changed", e)
			e1.greatest()
			check(t, at, e, o, served)
			e1.Certificate()
			inner(t, at+" checked", e)
			e1.greatest()
			if c, c1 := e.Certificate(), e1.Certificate(); c != c1 {
				t.Fatal(at, c, c1)
			}
		}
	}
}
