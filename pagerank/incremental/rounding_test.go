package incremental

import (
	"context"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"freshrank/pagerank/link"
)

func bf(v float64) *big.Float { return new(big.Float).SetPrec(300).SetFloat64(v) }

// TestRoundingIsAdmitted holds r and its sums against exact arithmetic: what rounding has
// changed must be within what the certificate admits, of any page and of all.
func TestRoundingIsAdmitted(t *testing.T) {
	worstOne, worstA, worstB := 0.0, 0.0, 0.0
	for seed := range tries(t, 30, 4) {
		rng := rand.New(rand.NewPCG(seed, 3))
		e := newEmpty(t, math.Pow(10, -3-10*rng.Float64()))
		e.width = 32
		for i := range e.shards {
			e.shards[i].first = link.Page(i * 32)
		}
		n := 300
		states := map[link.Page]link.State{}
		for step := range 60 {
			var all []link.Page
			for range 1 + rng.IntN(60) {
				p := link.Page(rng.IntN(n))
				if slices.Contains(all, p) {
					continue
				}
				all = append(all, p)
				if rng.IntN(12) == 0 {
					states[p] = aliasOf(link.Page(rng.IntN(n)))
					continue
				}
				var to []link.Page
				k := rng.IntN(6)
				if rng.IntN(10) == 0 {
					k = 200
				}
				for range k {
					v := link.Page(rng.IntN(n))
					if rng.IntN(2) == 0 {
						v = link.Page(rng.IntN(3))
					}
					if v != p {
						to = append(to, v)
					}
				}
				slices.Sort(to)
				to = slices.Compact(to)
				states[p] = crawled(to...)
			}
			e.SetAll(all, func(p link.Page) link.State { return states[p] })
			if step%3 > 0 {
				e.Push(context.Background(), int64(rng.IntN(100000)))
			}
			if step%5 != 4 {
				continue
			}
			// exact
			a := bf(e.opt.Damping)
			rest := bf(e.rest)
			r := make([]*big.Float, len(e.nodes))
			for p := range r {
				r[p] = bf(0)
				if e.nodes[p].flags&isMember != 0 {
					r[p].Sub(rest, bf(e.nodes[p].x))
				}
			}
			for p := range link.Page(len(e.nodes)) {
				row := e.shardOf(p).row(p)
				if len(row) == 0 {
					continue
				}
				share := new(big.Float).SetPrec(300).Mul(a, bf(e.nodes[p].x))
				share.Quo(share, bf(float64(len(row))))
				for _, v := range row {
					v := link.Page(v)
					if e.nodes[v].flags&isAlias != 0 {
						v = e.forward[v].root
					}
					r[v].Add(r[v], share)
				}
			}
			sum, size, lost := bf(0), bf(0), 0.0
			var one, all2 float64
			var acc account
			for i := range e.shards {
				s := &e.shards[i]
				one += s.lostOne
				all2 += s.lostAll
				acc.residual.merge(s.residual)
				acc.size.merge(s.size)
			}
			for p := range r {
				d := new(big.Float).SetPrec(300).Sub(r[p], bf(e.residuals[p].r))
				f, _ := d.Float64()
				lost += math.Abs(f)
				worstOne = max(worstOne, math.Abs(f)/one)
				sum.Add(sum, r[p])
				size.Add(size, new(big.Float).Abs(r[p]))
			}
			A, _ := new(big.Float).SetPrec(300).Sub(size, bf(acc.size.value())).Float64()
			B, _ := new(big.Float).SetPrec(300).Sub(sum, bf(acc.residual.value())).Float64()
			worstA, worstB = max(worstA, math.Abs(A)/all2), max(worstB, math.Abs(B)/all2)
			if lost > all2 {
				t.Fatalf("seed %d step %d: lost %v of %v", seed, step, lost, all2)
			}
		}
	}
	t.Logf("worst: one %.3f, Σ|r| %.3f, Σr %.3f of what is admitted", worstOne, worstA, worstB)
	if max(worstOne, worstA, worstB) > 1 {
		t.Fail()
	}
}

// TestRowsArePacked replaces rows by others of any length over and over: each must stay
// what it was set to last, in little more room than they need.
func TestRowsArePacked(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	e := newEmpty(t, 1)
	const pages = 300
	e.grow(pages)
	want := make([][]uint32, pages)
	for range tries(t, 20_000, 2_000) {
		p := rng.IntN(pages)
		row := make([]uint32, rng.IntN(2000))
		for i := range row {
			row[i] = rng.Uint32()
		}
		want[p] = row
		e.shardOf(link.Page(p)).setRow(link.Page(p), row)
	}
	total := 0
	for p, row := range want {
		total += len(row)
		if got := e.shardOf(link.Page(p)).row(link.Page(p)); !slices.Equal(got, row) {
			t.Fatalf("page %d has %d links, want %d", p, len(got), len(row))
		}
	}
	n := 0
	for _, part := range e.shards[0].rows.packed {
		n += cap(part)
	}
	if n > 5*total {
		t.Errorf("%d links take the room of %d", total, n)
	}
}
